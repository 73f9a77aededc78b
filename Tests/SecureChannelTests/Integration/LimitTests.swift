import Foundation
import SecureChannel
import Synchronization
import Testing

@Suite("Limits and cancellation", .timeLimit(.minutes(2)))
struct LimitTests {
    /// Holds requests back until a gate opens.
    private final class Gate: Sendable {
        private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))
        private let arrivals: AsyncStream<Void>
        private let arrival: AsyncStream<Void>.Continuation

        init() { (arrivals, arrival) = AsyncStream.makeStream(of: Void.self) }

        func pass() async {
            arrival.yield()
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiters.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiters = state.withLock { state in
                state.isOpen = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }

        func arrived(_ count: Int) async {
            var left = count
            for await _ in arrivals {
                left -= 1
                if left == 0 { return }
            }
        }
    }

    private func serving(_ gate: Gate) -> @Sendable (Channel) async throws -> Void {
        { channel in
            try await channel.serve(maximumConcurrency: 10_000) { (number: Int) async throws -> Int in
                await gate.pass()
                return number
            }
        }
    }

    @Test("Beyond the limit on calls, send waits for its turn", arguments: TransportKind.allCases)
    func calls(_ kind: TransportKind) async throws {
        let gate = Gate()
        let client = ChannelConfiguration(maximumOutboundCalls: 3)
        try await withPair(kind, client: client, onChannel: serving(gate)) { channel, _ in
            let replies = Task {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<10 { group.addTask { try await channel.send(number) } }
                    return try await group.reduce(0, +)
                }
            }
            await gate.arrived(3)
            #expect(await channel.outstanding.calls == 3)
            while await channel.outstanding.waiting < 7 { await Task.yield() }
            gate.open()
            let result1 = try await replies.value
            #expect(result1 == 45)
            #expect(await channel.outstanding.calls == 0)
        }
    }

    @Test("Beyond the limit on bytes, send waits; one larger request goes alone", arguments: TransportKind.allCases)
    func bytes(_ kind: TransportKind) async throws {
        let (sizes, arrived) = AsyncStream.makeStream(of: Int.self)
        let gate = Gate()
        let client = ChannelConfiguration(maximumOutboundBytes: 10_000)
        try await withPair(kind, client: client) { channel in
            try await channel.serve { (data: Data) async throws -> Int in
                arrived.yield(data.count)
                await gate.pass()
                return data.count
            }
        } _: { channel, _ in
            var iterator = sizes.makeAsyncIterator()
            let large = Task { try await channel.send(Data(count: 50_000), expecting: Int.self) }
            #expect(await iterator.next() == 50_000)
            let small = Task { try await channel.send(Data(count: 1), expecting: Int.self) }
            while await channel.outstanding.waiting < 1 { await Task.yield() }
            #expect(await channel.outstanding.calls == 1)
            gate.open()
            let result2 = try await large.value
            #expect(result2 == 50_000)
            #expect(await iterator.next() == 1)
            let result3 = try await small.value
            #expect(result3 == 1)
        }
    }

    @Test("Cancelling half of a thousand calls harms none of the others", arguments: TransportKind.allCases)
    func cancelHalf(_ kind: TransportKind) async throws {
        let gate = Gate()
        try await withPair(kind, onChannel: serving(gate)) { channel, _ in
            var random = SplitMix64(seed: 3)
            let calls = (0..<1000).map { number in Task { try await channel.send(number, expecting: Int.self) } }
            await gate.arrived(1000)
            let doomed = Set((0..<1000).shuffled(using: &random).prefix(500))
            for number in doomed { calls[number].cancel() }
            for number in doomed {
                await #expect(throws: CancellationError.self) { try await calls[number].value }
            }
            #expect(await channel.outstanding.calls == 1000)  // they keep their slots until their late replies
            gate.open()
            for number in 0..<1000 where !doomed.contains(number) {
                let result4 = try await calls[number].value
                #expect(result4 == number)
            }
            let after: Int = try await channel.send(7)
            #expect(after == 7)
            while await channel.outstanding.calls > 0 { await Task.yield() }
        }
    }

    @Test("A call that waits for its turn can be cancelled, and is never sent", arguments: TransportKind.allCases)
    func cancelWaiting(_ kind: TransportKind) async throws {
        let gate = Gate()
        let seen = Mutex<[Int]>([])
        let client = ChannelConfiguration(maximumOutboundCalls: 1)
        try await withPair(kind, client: client) { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                seen.withLock { $0.append(number) }
                await gate.pass()
                return number
            }
        } _: { channel, _ in
            let first = Task { try await channel.send(1, expecting: Int.self) }
            await gate.arrived(1)
            let second = Task { try await channel.send(2, expecting: Int.self) }
            while await channel.outstanding.waiting < 1 { await Task.yield() }
            second.cancel()
            await #expect(throws: CancellationError.self) { try await second.value }
            gate.open()
            let result5 = try await first.value
            #expect(result5 == 1)
            let third: Int = try await channel.send(3)
            #expect(third == 3)
            #expect(seen.withLock { $0 } == [1, 3])
        }
    }

    @Test("A task that is cancelled already sends nothing that anybody waits for", arguments: TransportKind.allCases)
    func cancelledBefore(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int) in number }
        } _: { channel, _ in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await channel.send(1, expecting: Int.self)
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            let reply: Int = try await channel.send(2)
            #expect(reply == 2)
        }
    }

    @Test("A call times out alone, and its late reply reaches nobody else", arguments: TransportKind.allCases)
    func timeout(_ kind: TransportKind) async throws {
        let gate = Gate()
        try await withPair(kind, onChannel: serving(gate)) { channel, _ in
            let error = await #expect(throws: ChannelError.self) {
                let _: Int = try await channel.send(1, timeout: .milliseconds(20))
            }
            #expect(error?.code == .replyTimedOut)
            let next = Task { try await channel.send(2, expecting: Int.self, timeout: nil) }
            await gate.arrived(2)
            gate.open()
            let result6 = try await next.value
            #expect(result6 == 2)
        }
    }

    @Test("The channel's own reply timeout is used when a call has none", arguments: TransportKind.allCases)
    func defaultTimeout(_ kind: TransportKind) async throws {
        let gate = Gate()
        let client = ChannelConfiguration(replyTimeout: .milliseconds(20), maximumOutboundCalls: 1)
        try await withPair(kind, client: client, onChannel: serving(gate)) { channel, _ in
            // The second never gets a slot, and times out all the same.
            for number in 1...2 {
                let error = await #expect(throws: ChannelError.self) { let _: Int = try await channel.send(number) }
                #expect(error?.code == .replyTimedOut)
            }
            gate.open()
        }
    }

    @Test("Two peers that flood each other never deadlock", arguments: TransportKind.allCases)
    func flood(_ kind: TransportKind) async throws {
        let payload = Data(count: 2000)
        @Sendable func flood(_ channel: Channel) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2000 {
                    group.addTask {
                        let reply: Data = try await channel.send(payload)
                        #expect(reply.count == payload.count)
                    }
                }
                try await group.waitForAll()
            }
        }
        let (floods, flooded) = AsyncStream.makeStream(of: Void.self)
        try await withPair(kind) { channel in
            async let serving: Void = channel.serve { (data: Data) in data }
            try await flood(channel)
            flooded.yield()
            try await serving
        } _: { channel, _ in
            async let serving: Void = channel.serve { (data: Data) in data }
            try await flood(channel)
            for await _ in floods { break }
            await channel.close()
            try await serving
        }
    }

    @Test("A message larger than the maximum is refused before it is sent", arguments: TransportKind.allCases)
    func tooLargeRequest(_ kind: TransportKind) async throws {
        let client = ChannelConfiguration(maximumMessageSize: 1000)
        try await withPair(kind, client: client) { channel in
            try await channel.serve { (data: Data) in data.count }
        } _: { channel, _ in
            let error = await #expect(throws: ChannelError.self) {
                let _: Int = try await channel.send(Data(count: 1001))
            }
            #expect(error?.code == .messageTooLarge)
            let reply: Int = try await channel.send(Data(count: 900))
            #expect(reply == 900)
        }
    }

    @Test("A reply larger than the maximum becomes a failure at the other side", arguments: TransportKind.allCases)
    func tooLargeReply(_ kind: TransportKind) async throws {
        let server = ServerConfiguration(channel: ChannelConfiguration(maximumMessageSize: 1000))
        try await withPair(kind, server: server) { channel in
            try await channel.serve { (count: Int) in Data(count: count) }
        } _: { channel, _ in
            let error = await #expect(throws: RemoteError.self) { let _: Data = try await channel.send(1001) }
            #expect(error?.message.contains("maximum is 1000") == true)
            let reply: Data = try await channel.send(900)
            #expect(reply.count == 900)
        }
    }

    @Test("A message of exactly the maximum passes, both ways", arguments: TransportKind.allCases)
    func exactly(_ kind: TransportKind) async throws {
        // [0x93, type, id, 0xC5, two bytes of length] and the content
        let limit = ChannelConfiguration(maximumMessageSize: 1006)
        try await withPair(kind, server: ServerConfiguration(channel: limit), client: limit) { channel in
            try await channel.serve { (data: Data) in data }
        } _: { channel, _ in
            let reply: Data = try await channel.send(Data(count: 1000))
            #expect(reply.count == 1000)
            await #expect(throws: ChannelError.self) { let _: Data = try await channel.send(Data(count: 1001)) }
        }
    }

    @Test("At most as many handlers run at once as serve allows", arguments: TransportKind.allCases)
    func concurrency(_ kind: TransportKind) async throws {
        let running = Mutex((now: 0, most: 0))
        try await withPair(kind) { channel in
            try await channel.serve(maximumConcurrency: 5) { (number: Int) async throws -> Int in
                running.withLock {
                    $0.now += 1; $0.most = max($0.most, $0.now)
                }
                try await Task.sleep(for: .milliseconds(1))
                running.withLock { $0.now -= 1 }
                return number
            }
        } _: { channel, _ in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<200 { group.addTask { try await channel.send(number) } }
                let result7 = try await group.reduce(0, +)
                #expect(result7 == 19900)
            }
            #expect(running.withLock { $0.most } == 5)
        }
    }

    @Test("When the large request at the head of those that wait is cancelled, the small ones behind it go")
    func cancelHead() async throws {
        let gate = Gate()
        let client = ChannelConfiguration(maximumOutboundBytes: 10_000)
        try await withPair(.tcp, client: client) { channel in
            try await channel.serve { (data: Data) async throws -> Int in
                if data.count == 9000 { await gate.pass() }
                return data.count
            }
        } _: { channel, _ in
            let first = Task { try await channel.send(Data(count: 9000), expecting: Int.self) }
            await gate.arrived(1)
            let large = Task { try await channel.send(Data(count: 5000), expecting: Int.self) }
            while await channel.outstanding.waiting < 1 { await Task.yield() }
            let small = Task { try await channel.send(Data(count: 10), expecting: Int.self) }
            while await channel.outstanding.waiting < 2 { await Task.yield() }
            large.cancel()
            let reply = try await small.value
            #expect(reply == 10)
            gate.open()
            _ = try await first.value
        }
    }

    @Test("A message larger than TLS's own queue passes", arguments: [TransportKind.tls])
    func huge(_ kind: TransportKind) async throws {
        let limit = ChannelConfiguration(replyTimeout: nil, maximumMessageSize: 100 << 20)
        try await withPair(kind, server: ServerConfiguration(channel: limit), client: limit) { channel in
            try await channel.serve { (data: Data) in data.count }
        } _: { channel, _ in
            let reply: Int = try await channel.send(Data(count: 70 << 20))
            #expect(reply == 70 << 20)
        }
    }

    @Test("Tasks that keep one another busy do not keep the sockets waiting")
    func busyTasks() async throws {
        try await withPair(.tcp) { channel in
            try await channel.serve { (value: Value) in value }
        } _: { channel, _ in
            let busy = Task(executorPreference: channel.taskExecutor) {
                while !Task.isCancelled { await Task.yield() }
            }
            let reply = try await Task(executorPreference: channel.taskExecutor) {
                try await channel.send("a", expecting: String.self)
            }.value
            #expect(reply == "a")
            busy.cancel()
        }
    }
}

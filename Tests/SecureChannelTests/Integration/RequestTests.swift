import Foundation
import Testing

@testable import SecureChannel

@Suite("Requests and their one reply", .timeLimit(.minutes(2)))
struct RequestTests {
    @Test("A request knows its id, its channel and its content", arguments: TransportKind.allCases)
    func facts(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            for expected in 0..<3 as Range<UInt64> {
                let request = try await channel.receive()
                #expect(request.id == expected)
                #expect(request.channel === channel)
                let content: [String: Int] = try request.content()
                try await request.reply(content["a"])
            }
        } _: { channel, _ in
            for number in 0..<3 {
                let reply: Int = try await channel.send(["a": number])
                #expect(reply == number)
            }
        }
    }

    @Test("The order of requests is the order of their sending", arguments: TransportKind.allCases)
    func order(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            var expected = 0
            for try await request in channel.requests {
                #expect(try request.content(as: Int.self) == expected)
                expected += 1
                try await request.reply(expected)
            }
        } _: { channel, _ in
            let last = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<500 {
                    // One task after the other, so that there is an order.
                    let (starts, started) = AsyncStream.makeStream(of: Void.self)
                    group.addTask(executorPreference: channel.taskExecutor) {
                        started.yield()
                        return try await channel.send(number)
                    }
                    for await _ in starts { break }
                }
                return try await group.reduce(0, max)
            }
            #expect(last == 500)
        }
    }

    @Test("A second answer is an error for the caller, and the first one stands", arguments: TransportKind.allCases)
    func secondReply(_ kind: TransportKind) async throws {
        let (codes, code) = AsyncStream.makeStream(of: ChannelError.Code?.self)
        try await withPair(kind) { channel in
            let request = try await channel.receive()
            try await request.reply("first")
            for attempt in 0..<3 {
                do {
                    switch attempt {
                    case 0: try await request.reply("second")
                    case 1: try await request.fail("second")
                    default: try await request.fail(Refusal(description: "second"))
                    }
                    code.yield(nil)
                } catch {
                    code.yield((error as? ChannelError)?.code)
                }
            }
        } _: { channel, _ in
            let reply: String = try await channel.send("a")
            #expect(reply == "first")
            var iterator = codes.makeAsyncIterator()
            for _ in 0..<3 { #expect(await iterator.next() == .alreadyReplied) }
        }
    }

    @Test("Failing tells the other side why", arguments: TransportKind.allCases)
    func fail(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.receive().fail("no such table")
            try await channel.receive().fail(Refusal(description: "no such row"))
            try await channel.serve { (_: Value) in 0 }
        } _: { channel, _ in
            for reason in ["no such table", "no such row"] {
                let error = await #expect(throws: RemoteError.self) { let _: Int = try await channel.send("a") }
                #expect(error?.message == reason)
            }
        }
    }

    @Test("A request that is dropped without an answer fails at the other side", arguments: TransportKind.allCases)
    func dropped(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            _ = try await channel.receive()
            try await channel.serve { (_: Value) in 0 }
        } _: { channel, _ in
            let error = await #expect(throws: RemoteError.self) { let _: Int = try await channel.send("a") }
            #expect(error?.message.contains("dropped") == true)
        }
    }

    private struct Unencodable: Encodable {
        func encode(to encoder: any Encoder) throws { throw Refusal(description: "cannot be written") }
    }

    @Test("A reply that cannot be encoded becomes a failure at the other side", arguments: TransportKind.allCases)
    func unencodable(_ kind: TransportKind) async throws {
        let (codes, code) = AsyncStream.makeStream(of: ChannelError.Code?.self)
        try await withPair(kind) { channel in
            do {
                try await channel.receive().reply(Unencodable())
            } catch {
                code.yield((error as? ChannelError)?.code)
            }
            try await channel.serve { (_: Value) in Unencodable() }
        } _: { channel, _ in
            for _ in 0..<2 {
                let error = await #expect(throws: RemoteError.self) { let _: Int = try await channel.send("a") }
                #expect(error?.message.contains("could not be encoded") == true)
            }
            var iterator = codes.makeAsyncIterator()
            #expect(await iterator.next() == .encodingFailed)
        }
    }

    @Test("A request that cannot be encoded is an error for the caller alone", arguments: TransportKind.allCases)
    func unencodableRequest(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (value: Value) in value }
        } _: { channel, _ in
            let error = await #expect(throws: ChannelError.self) { let _: Int = try await channel.send(Unencodable()) }
            #expect(error?.code == .encodingFailed)
            let reply: Int = try await channel.send(7)
            #expect(reply == 7)
            #expect(await channel.outstanding.calls == 0)
        }
    }

    @Test("Only one task may receive", arguments: TransportKind.allCases)
    func alreadyReceiving(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (value: Value) in value }
        } _: { channel, _ in
            let first = Task { try await channel.receive() }
            while await !channel.isReceiving { await Task.yield() }
            let second = await #expect(throws: ChannelError.self) { _ = try await channel.receive() }
            #expect(second?.code == .alreadyReceiving)
            let serving = await #expect(throws: ChannelError.self) {
                try await channel.serve { (value: Value) in value }
            }
            #expect(serving?.code == .alreadyReceiving)
            first.cancel()
            await #expect(throws: CancellationError.self) { _ = try await first.value }
            // The place is free again.
            let third = Task { try await channel.serve { (value: Value) in value } }
            while await !channel.isReceiving { await Task.yield() }
            third.cancel()
            await #expect(throws: CancellationError.self) { try await third.value }
            let fourth = Task { try await channel.receive() }
            while await !channel.isReceiving { await Task.yield() }
            fourth.cancel()
            _ = await fourth.result
        }
    }

    @Test("Handlers run on the event loop by default, and on the pool when asked", arguments: TransportKind.allCases)
    func execution(_ kind: TransportKind) async throws {
        for execution in [ChannelConfiguration.Execution.eventLoop, .globalPool] {
            let server = ServerConfiguration(channel: ChannelConfiguration(execution: execution))
            try await withPair(kind, server: server) { channel in
                try await channel.serve { (_: Value) in channel.isOnLoop }
            } _: { channel, _ in
                let isOnLoop: Bool = try await channel.send(Value.null)
                #expect(isOnLoop == (execution == .eventLoop))
            }
        }
    }

    @Test("The body of the scoped form runs on the event loop by default, and on the pool when asked")
    func scopedExecution() async throws {
        try await withServer(.tcp("127.0.0.1", 0), onChannel: { try await $0.serve { (value: Value) in value } }) {
            server in
            for execution in [ChannelConfiguration.Execution.eventLoop, .globalPool] {
                let wasOnLoop = try await withChannel(
                    server.address,
                    configuration: .init(execution: execution)
                ) { channel in
                    let before = channel.isOnLoop
                    let _: String = try await channel.send("a")
                    let after = channel.isOnLoop
                    #expect(before == (execution == .eventLoop) && after == before)
                    return before && after
                }
                #expect(wasOnLoop == (execution == .eventLoop))
            }
        }
    }
}

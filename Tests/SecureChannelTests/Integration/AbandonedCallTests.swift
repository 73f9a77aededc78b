import Foundation
import Testing

@testable import SecureChannel

@Suite("Calls that were given up, and whether a request was begun", .timeLimit(.minutes(1)))
struct AbandonedCallTests {
    /// Serves until the gate opens.
    private func serving(_ gate: Gate) -> @Sendable (Channel) async throws -> Void {
        { channel in
            try await channel.serve(maximumConcurrency: 1000) { (number: Int) async throws -> Int in
                await gate.wait()
                return number
            }
        }
    }

    private func error(of call: @Sendable () async throws -> Void) async -> ChannelError? {
        await #expect(throws: ChannelError.self) { try await call() }
    }

    @Test("A call that timed out before its turn says that it was not sent, and who has the places")
    func turn() async throws {
        let gate = Gate()
        let client = ChannelConfiguration(replyTimeout: .milliseconds(20), maximumOutboundCalls: 2)
        try await withPair(.tcp, client: client, onChannel: serving(gate)) { channel, _ in
            for number in 0..<2 {
                let sent = await error { let _: Int = try await channel.send(number) }
                #expect(sent?.code == .replyTimedOut)
                #expect(sent?.wasNotBegun == false)
                #expect("\(sent.map { "\($0)" } ?? "")".contains("unknown"))
            }
            for isOnLoop in [false, true] {
                let executor = isOnLoop ? channel.taskExecutor : globalConcurrentExecutor
                let waited = await Task(executorPreference: executor) {
                    await error { let _: Int = try await channel.send(2) }
                }.value
                #expect(waited?.code == .replyTimedOut)
                #expect(waited?.wasNotBegun == true)
                let text = waited.map { "\($0)" } ?? ""
                #expect(text.contains("2 calls without a reply had all places, 2 of them given up"))
                #expect(text.contains("The request was not sent."))
                #expect(!text.contains("unknown"))
            }
            gate.open()
        }
    }

    @Test("A channel all of whose places are held by calls that were given up closes and says so")
    func closes() async throws {
        let (gate, log) = (Gate(), LogBook())
        let client = ChannelConfiguration(
            maximumOutboundCalls: 3,
            abandonedCallTimeout: .milliseconds(50),
            logger: log.logger
        )
        try await withPair(.tcp, client: client, onChannel: serving(gate)) { channel, _ in
            for number in 0..<3 {
                await #expect(throws: ChannelError.self) { let _: Int = try await channel.send(number, timeout: .zero) }
            }
            let waiting = await error { let _: Int = try await channel.send(3, timeout: nil) }
            #expect(waiting?.code == .connectionClosed)
            #expect(waiting?.wasNotBegun == true)
            #expect(waiting?.message.contains("all its places were held by 3 calls that were given up") == true)
            gate.open()
            await channel.waitUntilClosed()
            let late = await error { let _: Int = try await channel.send(4) }
            #expect(late?.wasNotBegun == true)
            #expect(late?.message.contains("given up") == true)
            #expect(log.entries.contains { $0.hasPrefix("warning") && $0.contains("does not answer") })
        }
    }

    @Test("So does one whose bytes are, when the next request does not fit beside them")
    func bytes() async throws {
        let gate = Gate()
        let client = ChannelConfiguration(maximumOutboundBytes: 1000, abandonedCallTimeout: .milliseconds(50))
        try await withPair(.tcp, client: client) { channel in
            try await channel.serve { (data: Data) async throws -> Int in
                await gate.wait()
                return data.count
            }
        } _: { channel, _ in
            await #expect(throws: ChannelError.self) {
                let _: Int = try await channel.send(Data(count: 600), timeout: .milliseconds(1))
            }
            let waiting = await error { let _: Int = try await channel.send(Data(count: 600), timeout: nil) }
            #expect(waiting?.code == .connectionClosed)
            #expect(waiting?.wasNotBegun == true)
            gate.open()
        }
    }

    @Test("A channel with a call that somebody waits for, or with a place left, stays open", arguments: [1, 2, 3])
    func staysOpen(places: Int) async throws {
        let (gate, began) = (Gate(), Gate())
        let client = ChannelConfiguration(maximumOutboundCalls: places, abandonedCallTimeout: .milliseconds(1))
        try await withPair(.tcp, client: client) { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                began.open()
                await gate.wait()
                return number
            }
        } _: { channel, _ in
            let call = Task { try await channel.send(7, timeout: nil) as Int }
            await began.wait()
            for _ in 0..<3 {
                await #expect(throws: ChannelError.self) {
                    let _: Int = try await channel.send(1, timeout: .milliseconds(5))
                }
            }
            gate.open()
            let reply = try await call.value
            #expect(reply == 7)
        }
    }

    @Test("A late reply begins the time anew, and frees its place")
    func lateReply() async throws {
        let client = ChannelConfiguration(maximumOutboundCalls: 2, abandonedCallTimeout: .seconds(100))
        try await RawPeer.accept { port, accepted in
            let channel = try await openChannel(.tcp("127.0.0.1", port), configuration: client)
            let peer = try await accepted()
            for number in 0..<2 {
                await #expect(throws: ChannelError.self) {
                    let _: Int = try await channel.send(number, timeout: .milliseconds(1))
                }
            }
            #expect(await channel.isWatchingPlaces)
            let call = Task { try await channel.send(2, timeout: nil) as Int }
            while await channel.outstanding.waiting == 0 { await Task.yield() }
            try await peer.send(frame([0x93, 1, 0, 9]))  // the late reply to request 0
            while await channel.outstanding.waiting > 0 { await Task.yield() }
            #expect(await !channel.isWatchingPlaces)
            try await peer.send(frame([0x93, 1, 2, 9]))
            let reply = try await call.value
            #expect(reply == 9)
            await peer.close()
            await channel.close()
        }
    }

    @Test("Requests that were not handed to the transport when the line broke say so, and the others do not")
    func brokenLine() async throws {
        let configuration = ChannelConfiguration(
            maximumOutboundBytes: 1 << 30,
            writeTimeout: .milliseconds(200)
        )
        try await RawPeer.accept(reads: false) { port, accepted in
            let channel = try await openChannel(.tcp("127.0.0.1", port), configuration: configuration)
            let peer = try await accepted()
            let errors = await withTaskGroup(of: ChannelError?.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        do {
                            try await channel.send(Data(repeating: UInt8(number), count: 1 << 20))
                            return nil
                        } catch { return error as? ChannelError }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(errors.count == 40)
            #expect(errors.allSatisfy { $0?.code == .writeTimedOut })
            // What the kernel took may have been read; of what never left the process it is known.
            #expect(errors.contains { $0?.wasNotBegun == true })
            #expect(errors.contains { $0?.wasNotBegun == false })
            await peer.close()
        }
    }

    @Test("A request that was refused because the peer drains says so; one that a handler failed in its words does not")
    func drained() async throws {
        let began = Gate()
        try await withPair(.tcp) { channel in
            try await channel.serve { (number: Int, request) async throws -> Int in
                if number == 0 {
                    began.open()
                    await #expect(throws: RemoteError.self) {
                        while true { let _: Int = try await request.channel.send(0) }
                    }
                    do { return try await request.channel.send(0) } catch let error as RemoteError {
                        #expect(error.wasNotBegun)
                        throw Refusal(description: error.message)
                    }
                }
                return number
            }
        } _: { channel, _ in
            let serving = Task { try await channel.serve { (number: Int) in number } }
            let call = Task { try await channel.send(0) as Int }
            await began.wait()
            await channel.drain()
            let failure = await #expect(throws: RemoteError.self) { try await call.value }
            #expect(failure?.wasNotBegun == false)
            #expect(failure?.message.hasSuffix("takes no new requests.") == true)
            _ = await serving.result
        }
    }

    @Test("What never left says that it was not begun, whatever was wrong with it")
    func neverLeft() async throws {
        let configuration = ChannelConfiguration(maximumMessageSize: 1000)
        try await withPair(.tcp, client: configuration, onChannel: { try await $0.serve { (data: Data) in data } }) {
            channel,
            _ in
            for isOnLoop in [false, true] {
                let executor = isOnLoop ? channel.taskExecutor : globalConcurrentExecutor
                await Task(executorPreference: executor) {
                    let large = await error { try await channel.send(Data(count: 2000)) }
                    #expect(large?.code == .messageTooLarge)
                    #expect(large?.wasNotBegun == true)
                    let unfit = await error { try await channel.send(Unfit()) }
                    #expect(unfit?.code == .encodingFailed)
                    #expect(unfit?.wasNotBegun == true)
                    let misread = await error { let _: Int = try await channel.send(Data(count: 2)) }
                    #expect(misread?.code == .decodingFailed)
                    #expect(misread?.wasNotBegun == false)
                }.value
            }
            await channel.close()
            let late = await error { try await channel.send(Data(count: 2)) }
            #expect(late?.code == .connectionClosed)
            #expect(late?.wasNotBegun == true)
        }
    }

    private struct Unfit: Encodable {
        func encode(to encoder: any Encoder) throws { throw Refusal(description: "unfit") }
    }
}

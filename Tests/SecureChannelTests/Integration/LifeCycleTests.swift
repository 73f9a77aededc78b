import Foundation
import SecureChannel
import Synchronization
import Testing

@Suite("How channels end", .timeLimit(.minutes(2)))
struct LifeCycleTests {
    @Test("Closing fails what is pending, returns, and may be repeated", arguments: TransportKind.allCases)
    func close(_ kind: TransportKind) async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let configuration = ServerConfiguration(channel: ChannelConfiguration(drainTimeout: .milliseconds(50)))
        try await withPair(kind, server: configuration) { channel in
            for try await request in channel.requests {
                arrived.yield()
                _ = request.id  // kept without a reply until the channel ends
                await channel.waitUntilClosed()
            }
        } _: { channel, _ in
            let reply = Task { try await channel.send("never answered", expecting: String.self) }
            for await _ in arrivals { break }
            await channel.close()
            await channel.close()
            let error = await #expect(throws: ChannelError.self) { try await reply.value }
            #expect(error?.code == .connectionClosed)
            let late = await #expect(throws: ChannelError.self) { let _: String = try await channel.send("late") }
            #expect(late?.code == .connectionClosed)
        }
    }

    @Test("When the peer closes, everything that waits wakes and says so", arguments: TransportKind.allCases)
    func peerCloses(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            let request = try await channel.receive()
            await channel.close()
            withExtendedLifetime(request) {}
        } _: { channel, _ in
            let receiving = Task { try await channel.receive() }
            let sending = await #expect(throws: ChannelError.self) { let _: String = try await channel.send("close!") }
            #expect(sending?.code == .connectionClosed)
            let error = await #expect(throws: ChannelError.self) { _ = try await receiving.value }
            #expect(error?.code == .connectionClosed)
            await channel.waitUntilClosed()
        }
    }

    @Test(
        "An orderly end ends the sequence of requests and serving, without an error",
        arguments: TransportKind.allCases
    )
    func orderlyEnd(_ kind: TransportKind) async throws {
        let (ends, ended) = AsyncStream.makeStream(of: String.self)
        try await withPair(kind) { channel in
            for try await request in channel.requests { try await request.reply("once") }
            ended.yield("sequence")
        } _: { channel, _ in
            let reply: String = try await channel.send("a")
            #expect(reply == "once")
            await channel.close()
            for await end in ends {
                #expect(end == "sequence")
                break
            }
        }
        try await withPair(kind) { channel in
            try await channel.serve { (text: String) in text }
            ended.yield("serve")
        } _: { channel, _ in
            let reply: String = try await channel.send("a")
            #expect(reply == "a")
            await channel.close()
            for await end in ends {
                #expect(end == "serve")
                break
            }
        }
    }

    @Test("A channel that nobody holds any more closes", arguments: TransportKind.allCases)
    func dropped(_ kind: TransportKind) async throws {
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let addresses = try kind.makeAddresses()
        let server = try await startServer(addresses.server) { channel in
            try await channel.serve { (text: String) in text }
            ended.yield()
        }
        do {
            let channel = try await openChannel(addresses.client(server.address))
            let reply: String = try await channel.send("a")
            #expect(reply == "a")
        }
        for await _ in ends { break }
        await server.shutDown()
    }

    @Test(
        "When onChannel returns, open requests are finished before the channel closes",
        arguments: TransportKind.allCases
    )
    func onChannelReturns(_ kind: TransportKind) async throws {
        let (began, gate) = (Gate(), Gate())
        try await withPair(kind) { channel in
            let request = try await channel.receive()
            began.open()
            Task {
                await gate.wait()
                try await request.reply("finished")
            }
        } _: { channel, _ in
            let call = Task { try await channel.send("a", expecting: String.self) }
            await began.wait()
            // Further requests are refused once it has returned.
            await #expect(throws: RemoteError.self) { while true { _ = try await channel.send("b") as String } }
            gate.open()
            let reply = try await call.value
            #expect(reply == "finished")
            await channel.waitUntilClosed()
        }
    }

    @Test("Requests that nobody will take fail when onChannel returns", arguments: TransportKind.allCases)
    func untaken(_ kind: TransportKind) async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        try await withPair(kind) { channel in
            for await _ in gates { break }
        } _: { channel, _ in
            let reply = Task { try await channel.send("a", expecting: String.self) }
            gate.yield()
            // The request may arrive just before or just after the channel began to close.
            await #expect(throws: (any Error).self) { try await reply.value }
            await channel.waitUntilClosed()
        }
    }

    @Test("When onChannel throws, the channel closes and the error is logged", arguments: TransportKind.allCases)
    func onChannelThrows(_ kind: TransportKind) async throws {
        let log = LogBook()
        let configuration = ServerConfiguration(channel: ChannelConfiguration(logger: log.logger))
        try await withPair(kind, server: configuration) { channel in
            _ = try await channel.receive()
            throw Refusal(description: "the database is gone")
        } _: { channel, server in
            await #expect(throws: (any Error).self) { let _: String = try await channel.send("a") }
            await channel.waitUntilClosed()
            await server.shutDown()
            #expect(log.entries.contains { $0.contains("the database is gone") })
        }
    }

    @Test("A shutdown answers every request that has arrived", arguments: TransportKind.allCases)
    func gracefulShutdown(_ kind: TransportKind) async throws {
        for round in 0..<20 {
            let served = Mutex(0)
            let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
            let addresses = try kind.makeAddresses()
            let server = try await startServer(addresses.server) { channel in
                try await channel.serve { (number: Int) async throws -> Int in
                    arrived.yield()
                    try await Task.sleep(for: .milliseconds(number % 5))
                    served.withLock { $0 += 1 }
                    return number
                }
            }
            let channel = try await openChannel(addresses.client(server.address))
            let replies = Task {
                await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<100 {
                        group.addTask { (try? await channel.send(number, expecting: Int.self)) == number }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
            }
            for await _ in arrivals { break }
            await server.shutDown()
            let answered = await replies.value
            #expect(answered == served.withLock { $0 }, "round \(round)")
            #expect(answered > 0)
            await channel.close()
        }
    }

    @Test("A handler that does not end is cancelled when the grace period is over", arguments: TransportKind.allCases)
    func gracePeriod(_ kind: TransportKind) async throws {
        let (events, event) = AsyncStream.makeStream(of: String.self)
        let addresses = try kind.makeAddresses()
        let server = try await startServer(addresses.server) { channel in
            try await channel.serve { (_: String) async throws -> String in
                event.yield("started")
                do {
                    try await Task.sleep(for: .seconds(600))
                } catch {
                    event.yield("cancelled")
                    throw error
                }
                return "never"
            }
        }
        let channel = try await openChannel(addresses.client(server.address))
        let reply = Task { try await channel.send("a", expecting: String.self) }
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == "started")
        let begin = ContinuousClock.now
        await server.shutDown(gracePeriod: .milliseconds(100))
        #expect(ContinuousClock.now - begin < .seconds(10))
        #expect(await iterator.next() == "cancelled")
        await #expect(throws: (any Error).self) { try await reply.value }
        await channel.close()
    }

    @Test("Handlers at work are cancelled when the client is gone", arguments: TransportKind.allCases)
    func clientGone(_ kind: TransportKind) async throws {
        let (events, event) = AsyncStream.makeStream(of: String.self)
        var iterator = events.makeAsyncIterator()
        let configuration = ServerConfiguration(channel: ChannelConfiguration(drainTimeout: .milliseconds(200)))
        let addresses = try kind.makeAddresses()
        let server = try await startServer(addresses.server, configuration: configuration) { channel in
            try await channel.serve { (_: String) async throws -> String in
                event.yield("started")
                do {
                    try await Task.sleep(for: .seconds(600))
                } catch {
                    event.yield("cancelled")
                }
                return "late"
            }
        }
        let channel = try await openChannel(addresses.client(server.address))
        let call = Task { try await channel.send("a", expecting: String.self) }
        #expect(await iterator.next() == "started")
        await channel.close()
        #expect(await iterator.next() == "cancelled")
        await #expect(throws: (any Error).self) { try await call.value }
        await server.shutDown()
    }

    @Test("Draining waits for pending calls and open requests, then closes", arguments: TransportKind.allCases)
    func drain(_ kind: TransportKind) async throws {
        let asked = Gate()
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int, request) async throws -> Int in
                asked.open()
                // The reply waits until the other side is draining, which refuses new requests then.
                await #expect(throws: RemoteError.self) {
                    while true { _ = try await request.channel.send(0, expecting: Int.self) }
                }
                return number
            }
        } _: { channel, _ in
            let serving = Task { try await channel.serve { (number: Int) in number } }
            let call = Task { try await channel.send(7, expecting: Int.self) }
            await asked.wait()
            await channel.drain()
            let reply = try await call.value
            #expect(reply == 7)
            try await serving.value
            let error = await #expect(throws: ChannelError.self) { let _: Int = try await channel.send(9) }
            #expect(error?.code == .connectionClosed)
        }
    }

    @Test("The scoped form closes its channel, whatever its body does", arguments: TransportKind.allCases)
    func scoped(_ kind: TransportKind) async throws {
        let addresses = try kind.makeAddresses()
        try await withServer(addresses.server) { channel in
            try await channel.serve { (text: String) in text }
        } _: { server in
            let reply = try await withChannel(addresses.client(server.address)) { channel -> String in
                try await channel.send("a")
            }
            #expect(reply == "a")
            await #expect(throws: Refusal.self) {
                try await withChannel(addresses.client(server.address)) { _ in throw Refusal(description: "no") }
            }
        }
    }

    @Test(
        "Serving that is cancelled before it has begun ends at once, and stops nobody else's",
        arguments: TransportKind.allCases
    )
    func cancelledServing(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            async let serving: Void = channel.serve { (text: String) in text }
            for _ in 0..<20 {
                let other = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await channel.serve { (text: String) in text }
                }
                await #expect(throws: (any Error).self) { try await other.value }
            }
            try await serving
        } _: { channel, _ in
            let cancelled = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await channel.serve { (text: String) in text }
            }
            await #expect(throws: CancellationError.self) { try await cancelled.value }
            for _ in 0..<20 {
                let reply: String = try await channel.send("a")
                #expect(reply == "a")
            }
        }
    }

    @Test("Whoever waits for the shutdown wakes, with connections and without, and when cancelled")
    func waitForShutDown() async throws {
        for hasConnection in [false, true] {
            let server = try await startServer(.tcp("127.0.0.1", 0)) { try await $0.serve { (text: String) in text } }
            let channel = hasConnection ? try await openChannel(server.address) : nil
            let waiting = Task { await server.waitUntilShutDown() }
            let cancelled = Task { await server.waitUntilShutDown() }
            cancelled.cancel()
            await cancelled.value
            await server.shutDown()
            await waiting.value
            await channel?.close()
        }
    }

    @Test("A handler that ignores its cancellation does not keep a shutdown from returning")
    func stubborn() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let server = try await startServer(.tcp("127.0.0.1", 0)) { channel in
            started.yield()
            await Task { for await _ in gates { break } }.value  // not cancelled with the task that waits for it
            withExtendedLifetime(channel) {}
        }
        let channel = try await openChannel(server.address)
        for await _ in starts { break }
        await server.shutDown(gracePeriod: .milliseconds(50))
        gate.yield()
        await channel.close()
    }
}

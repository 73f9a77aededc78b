import Foundation
import TestCertificates
import Testing

@testable import SecureChannel

@Suite("Accepting connections", .timeLimit(.minutes(2)))
struct AcceptTests {
    private let echo: @Sendable (Channel) async throws -> Void = { channel in
        try await channel.serve { (value: Value) in value }
    }

    /// A server that asks `onAccept`, and a client's channel to it.
    private func withServer<Result: Sendable>(
        _ kind: TransportKind,
        log: LogBook = LogBook(),
        channel: ChannelConfiguration = ChannelConfiguration(),
        maximumConnections: Int = 100,
        acceptTimeout: Duration = .seconds(100),
        onAccept: @escaping @Sendable (TransportInformation) async throws -> Void,
        _ body: @Sendable (Server, @Sendable () async throws -> Channel) async throws -> Result
    ) async throws -> Result {
        let addresses = try kind.makeAddresses()
        var channel = channel
        channel.logger = log.logger
        let configuration = ServerConfiguration(
            channel: channel,
            maximumConnections: maximumConnections,
            onAccept: onAccept,
            acceptTimeout: acceptTimeout
        )
        let client = channel
        return try await SecureChannel.withServer(addresses.server, configuration: configuration, onChannel: echo) {
            server in
            try await body(server) { try await openChannel(addresses.client(server.address), configuration: client) }
        }
    }

    @Test("What was sent before the decision is answered after it, and not before", arguments: TransportKind.allCases)
    func accepted(_ kind: TransportKind) async throws {
        let (asked, gate) = (Gate(), Gate())
        let seen = Seen()
        try await withServer(
            kind,
            onAccept: { transport in
                seen.note("\(transport.kind) \(transport.tls?.peerCertificate?.subject ?? "nobody")")
                asked.open()
                await gate.wait()
            }
        ) { server, connect in
            let channel = try await connect()
            async let reply: String = channel.send("a")
            await asked.wait()
            #expect(server.channels.isEmpty)
            #expect(server.connectionCount == 1)
            gate.open()
            let answer = try await reply
            #expect(answer == "a")
            #expect(server.channels.count == 1)
            await channel.close()
        }
        let name =
            switch kind {
            case .tcp, .unix: kind.rawValue
            case .tls, .mutualTLS: "tls"
            }
        #expect(seen.entries == ["\(name) \(kind == .mutualTLS ? "CN=client" : "nobody")"])
    }

    @Test(
        "To throw is to refuse: what the other side sends fails and says so, but not why, which is in the log",
        arguments: TransportKind.allCases
    )
    func refused(_ kind: TransportKind) async throws {
        let log = LogBook()
        try await withServer(kind, log: log, onAccept: { _ in throw Refusal(description: "not\nyou") }) {
            server,
            connect in
            for _ in 0..<20 {
                let channel = try await connect()
                for _ in 0..<2 {
                    let error = await #expect(throws: RemoteError.self) { try await channel.send("a") as String }
                    #expect(error?.message == RefusalText.notAccepted.rawValue)
                    #expect(error?.wasNotBegun == true)
                }
                await channel.close()
            }
            while server.connectionCount > 0 { await Task.yield() }
        }
        let refusals = log.entries.filter { $0.contains("A connection was refused.") }
        #expect(refusals.count == 20)
        #expect(
            refusals.allSatisfy {
                $0.hasPrefix("info") && !$0.contains("\n") && $0.contains("you") && $0.contains("peer")
            }
        )
    }

    @Test(
        "All requests that had come before a refusal are answered, and a client that ends its side ends the connection"
    )
    func refusedAfterRequests() async throws {
        let (asked, gate) = (Gate(), Gate())
        try await withServer(
            .tcp,
            onAccept: { _ in
                asked.open()
                await gate.wait()
                throw Refusal(description: "no")
            }
        ) { server, _ in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            for id in 0..<3 as Range<UInt32> { try await peer.send(packedRequest(id, [0xC0])) }
            await asked.wait()
            gate.open()
            for id in 0..<3 as Range<UInt8> { #expect(await peer.readFrame()?.prefix(3) == [0x93, 2, id]) }
            try await peer.send(packedRequest(3, [0xC0]))
            #expect(await peer.readFrame()?.prefix(3) == [0x93, 2, 3])
            try await peer.endOutput()
            #expect(await peer.readToEnd() == [])
            while server.connectionCount > 0 { await Task.yield() }
        }
    }

    @Test("A client that sends nothing is sent away all the same")
    func refusedSilently() async throws {
        try await withServer(.tcp, onAccept: { _ in throw Refusal(description: "no") }) { server, _ in
            let silent = try await RawPeer.connect(port: server.address.port ?? 0)
            #expect(await silent.readToEnd() == [])
            await silent.close()
            while server.connectionCount > 0 { await Task.yield() }
        }
    }

    @Test("Nothing of the other side's is decoded before the decision")
    func nothingDecoded() async throws {
        for refuses in [true, false] {
            let log = LogBook()
            let (asked, gate) = (Gate(), Gate())
            try await withServer(
                .tcp,
                log: log,
                onAccept: { _ in
                    asked.open()
                    await gate.wait()
                    if refuses { throw Refusal(description: "no") }
                }
            ) { server, _ in
                let peer = try await RawPeer.connect(port: server.address.port ?? 0)
                try await peer.send([0, 0, 0, 0])  // a frame of length zero
                try await peer.endOutput()
                await asked.wait()
                #expect(log.entries.isEmpty)
                gate.open()
                _ = await peer.readToEnd()
                while server.connectionCount > 0 { await Task.yield() }
                #expect(log.entries.contains { $0.contains("length zero") } == !refuses)
            }
        }
    }

    @Test("What arrives before the decision is bounded", arguments: [TransportKind.tcp, .mutualTLS])
    func bounded(_ kind: TransportKind) async throws {
        let gate = Gate()
        let (count, size) = (64, 1 << 20)
        let configuration = ChannelConfiguration(
            maximumOutboundBytes: 1 << 30,
            maximumInboundBytes: 1 << 30,
            writeTimeout: .seconds(100)
        )
        try await withServer(kind, channel: configuration, onAccept: { _ in await gate.wait() }) { _, connect in
            let channel = try await connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask { let _: Data = try await channel.send(Data(repeating: 1, count: size)) }
                }
                while await channel.outstanding.calls < count { await Task.yield() }
                // The kernel's buffers take what they take: when they have, no more goes.
                var waiting = await channel.waitingBytes
                for _ in 0..<10 {
                    try await Task.sleep(for: .milliseconds(50))
                    waiting = await channel.waitingBytes
                }
                #expect(waiting > count * size / 2, "\(waiting) bytes wait")
                gate.open()
                try await group.waitForAll()
            }
            await channel.close()
        }
    }

    @Test("A decision that takes too long is a refusal")
    func deadline() async throws {
        let log = LogBook()
        let (gate, ended) = (Gate(), Gate())
        try await withServer(
            .tls,
            log: log,
            acceptTimeout: .milliseconds(50),
            onAccept: { _ in
                await gate.wait()  // not ended by being cancelled
                ended.open()
            }
        ) { server, connect in
            let channel = try await connect()
            let error = await #expect(throws: RemoteError.self) { try await channel.send("a") as String }
            #expect(error?.message == RefusalText.notAccepted.rawValue)
            await channel.close()
            while server.connectionCount > 0 { await Task.yield() }
            #expect(log.entries.contains { $0.contains("onAccept did not end within 0.05 seconds") })
            gate.open()
            await ended.wait()
            #expect(server.channels.isEmpty)
        }
    }

    @Test("The other side's going away ends the wait", arguments: [TransportKind.tcp, .unix, .mutualTLS])
    func hangUp(_ kind: TransportKind) async throws {
        let (asked, cancelled) = (Gate(), Gate())
        try await withServer(
            kind,
            onAccept: { _ in
                asked.open()
                do { try await Task.sleep(for: .seconds(3600)) } catch { cancelled.open() }
            }
        ) { server, connect in
            let channel = try await connect()
            await asked.wait()
            await channel.close()
            await cancelled.wait()
            while server.connectionCount > 0 { await Task.yield() }
        }
    }

    @Test("A reset ends the wait, too, whatever has arrived before")
    func reset() async throws {
        let (asked, cancelled) = (Gate(), Gate())
        try await withServer(
            .tcp,
            onAccept: { _ in
                asked.open()
                do { try await Task.sleep(for: .seconds(3600)) } catch { cancelled.open() }
            }
        ) { server, _ in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            try await peer.send(packedRequest(0, [0xC0]))
            await asked.wait()
            try await peer.reset()
            await cancelled.wait()
            while server.connectionCount > 0 { await Task.yield() }
        }
    }

    @Test("Shutting down ends the wait, even one that does not heed it", arguments: [TransportKind.tcp, .mutualTLS])
    func shutDown(_ kind: TransportKind) async throws {
        let (asked, gate) = (Gate(), Gate())
        try await withServer(
            kind,
            onAccept: { _ in
                asked.open()
                await gate.wait()
            }
        ) { server, connect in
            let channel = try await connect()
            await asked.wait()
            await server.shutDown()
            #expect(server.connectionCount == 0)
            let error = await #expect(throws: ChannelError.self) { try await channel.send("a") as String }
            #expect(error?.code == .connectionClosed, "\(error.map { "\($0)" } ?? "")")
            gate.open()
        }
    }

    @Test("Connections that wait for the decision count against the maximum")
    func maximumConnections() async throws {
        let log = LogBook()
        let (asked, gate) = (Gate(), Gate())
        try await withServer(
            .tcp,
            log: log,
            maximumConnections: 1,
            onAccept: { _ in
                asked.open()
                await gate.wait()
            }
        ) { server, connect in
            let first = try await connect()
            await asked.wait()
            await #expect(throws: ChannelError.self) { try await connect().send("a") as String }
            #expect(log.entries.contains { $0.contains("as many as it may have") })
            gate.open()
            let reply: String = try await first.send("a")
            #expect(reply == "a")
            await first.close()
        }
    }

    @Test("A timeout out of its range is refused", arguments: [Duration.zero, .seconds(-1), .seconds(3601)])
    func range(_ timeout: Duration) async throws {
        let error = await #expect(throws: ChannelError.self) {
            try await startServer(
                .tcp("127.0.0.1", 0),
                configuration: ServerConfiguration(acceptTimeout: timeout),
                onChannel: echo
            )
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("acceptTimeout") == true)
    }
}

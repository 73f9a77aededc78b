import Logging
import Testing

@testable import SecureChannel

import struct NIOCore.NIODeadline

@Suite("Peers that break the wire format, and those who only look", .timeLimit(.minutes(2)))
struct BreachTests {
    /// Both ways in which two ends can have different codecs.
    enum Mismatch: String, CaseIterable {
        case jsonClient, messagePackClient

        var client: any Codec { self == .jsonClient ? JSONCodec() : MessagePackCodec() }
        var server: any Codec { self == .jsonClient ? MessagePackCodec() : JSONCodec() }
        var names: (client: String, server: String, seen: String) {
            self == .jsonClient
                ? ("JSONCodec", "MessagePackCodec", "looks like JSON")
                : ("MessagePackCodec", "JSONCodec", "looks like MessagePack")
        }
    }

    @Test(
        "A client with another codec is told to look at the codecs, and the server warns of it",
        arguments: Mismatch.allCases,
        TransportKind.allCases
    )
    func codecs(_ mismatch: Mismatch, _ kind: TransportKind) async throws {
        let log = LogBook()
        let addresses = try kind.makeAddresses()
        try await serve(addresses.server, mismatch.server, log) { server in
            let channel = try await open(addresses.client(server.address), mismatch.client)
            let error = try #require(await #expect(throws: ChannelError.self) { try await channel.send("a") })
            #expect(error.code == .connectionClosed || error.code == .connectionReset, "\(error)")
            #expect(error.hint.contains("the same codec") && error.hint.contains(mismatch.names.client), "\(error)")
            await channel.close()
        }
        let warnings = log.entries.filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 1, "\(log.entries)")
        #expect(warnings.first?.contains(mismatch.names.server) == true, "\(warnings)")
        #expect(warnings.first?.contains(mismatch.names.seen) == true, "\(warnings)")
    }

    @Test("A peer that has answered before is not suspected of another codec")
    func answered() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.receive().reply("a")
            _ = try await channel.receive()
        } _: { server in
            let channel = try await openChannel(server.address)
            let reply: String = try await channel.send("a")
            #expect(reply == "a")
            let error = await #expect(throws: (any Error).self) { try await channel.send("a") }
            #expect(!"\(error.map { "\($0)" } ?? "")".contains("codec"))
        }
    }

    @Test("Breaches without end are told ten times a minute, and how many there were besides")
    func bounded() async throws {
        var allowance = LogAllowance()
        func second(_ number: UInt64) -> NIODeadline { .uptimeNanoseconds(1 + number * 1_000_000_000) }
        for number in 0..<59 as Range<UInt64> {
            let unsaid = allowance.take(at: second(number))
            #expect((unsaid != nil) == (number < 10))
        }
        #expect(allowance.take(at: second(60)) == 49)
        #expect(allowance.take(at: second(61)) == 0)

        let log = LogBook()
        try await serve(.tcp("127.0.0.1", 0), .messagePack, log) { server in
            for _ in 0..<15 {
                let peer = try await RawPeer.connect(port: server.address.port ?? 0)
                peer.push([0, 0, 0, 0])
                _ = await peer.readToEnd()
                await peer.close()
            }
        }
        #expect(log.entries.filter { $0.hasPrefix("warning") }.count == LogAllowance.maximum)
    }

    @Test("A breach is told though onChannel says nothing of it")
    func swallowed() async throws {
        let log = LogBook()
        let configuration = ServerConfiguration(channel: .init(logger: log.logger))
        try await withServer(.tcp("127.0.0.1", 0), configuration: configuration) { channel in
            _ = try? await channel.receive()
        } _: { server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            peer.push(Array("GET / HTTP/1.1\r\n\r\n".utf8))
            _ = await peer.readToEnd()
        }
        #expect(log.entries.contains { $0.hasPrefix("warning") && $0.contains("'GET '") }, "\(log.entries)")
    }

    @Test(
        "Whoever connects and goes, or resets the connection, is in the log at the level debug alone",
        arguments: [false, true]
    )
    func healthChecks(_ isTLS: Bool) async throws {
        let log = LogBook()
        let address = isTLS ? Address.tls("127.0.0.1", 0, TestPKI.shared.server) : .tcp("127.0.0.1", 0)
        try await serve(address, .messagePack, log) { server in
            for resets in [false, true, true, false] {
                let peer = try await RawPeer.connect(port: server.address.port ?? 0)
                while server.connectionCount < 1 { await Task.yield() }
                if resets { try await peer.reset() } else { await peer.close() }
                while server.connectionCount > 0 { await Task.yield() }
            }
        }
        #expect(log.entries.allSatisfy { $0.hasPrefix("debug") || $0.hasPrefix("trace") }, "\(log.entries)")
    }

    @Test("Whoever has said something before it resets the connection is in the log at the level info")
    func resets() async throws {
        let log = LogBook()
        try await serve(.tcp("127.0.0.1", 0), .messagePack, log) { server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            try await peer.send(packedRequest(0, [0xA1, 0x61]))
            _ = await peer.readFrame()
            try await peer.reset()
            while server.connectionCount > 0 { await Task.yield() }
        }
        #expect(log.entries.contains { $0.hasPrefix("info A channel broke.") }, "\(log.entries)")
    }

    // MARK: -

    private func open(_ address: Address, _ codec: some Codec) async throws -> Channel {
        try await openChannel(address, codec: codec)
    }

    private func serve(
        _ address: Address,
        _ codec: some Codec,
        _ log: LogBook,
        _ body: (Server) async throws -> Void
    ) async throws {
        try await withServer(
            address,
            codec: codec,
            configuration: ServerConfiguration(channel: .init(logger: log.logger)),
            onChannel: { try await $0.serve { (value: Value) in value } },
            body
        )
    }
}

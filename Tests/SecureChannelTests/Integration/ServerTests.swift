import Foundation
import Logging
import TestCertificates
import Testing

@testable import SecureChannel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Servers", .timeLimit(.minutes(2)))
struct ServerTests {
    private let echo: @Sendable (Channel) async throws -> Void = { channel in
        try await channel.serve { (value: Value) in value }
    }

    private func check(_ address: Address) async throws {
        let channel = try await openChannel(address)
        let reply: String = try await channel.send("a")
        #expect(reply == "a")
        await channel.close()
    }

    @Test(
        "Port 0 gives a real port, and it can be reached by name and number",
        arguments: ["127.0.0.1", "::1", "localhost"]
    )
    func port(_ host: String) async throws {
        try await withServer(.tcp(host, 0), onChannel: echo) { server in
            #expect(server.address.port ?? 0 > 0)
            try await check(server.address)
        }
    }

    @Test("A name listens on all its addresses, with one port")
    func allAddresses() async throws {
        try await withServer(.tcp("localhost", 0), onChannel: echo) { server in
            let port = server.address.port ?? 0
            let addresses = try resolvedAddresses(of: "localhost")
            #expect(!addresses.isEmpty)
            for address in addresses { try await check(.tcp(address, port)) }
        }
    }

    @Test("A port that is taken is an error that says so")
    func portTaken() async throws {
        try await withServer(.tcp("127.0.0.1", 0), onChannel: echo) { server in
            let error = await #expect(throws: ChannelError.self) {
                try await startServer(server.address, onChannel: echo)
            }
            #expect(error?.code == .addressInUse)
            #expect(error?.phase == .listening)
            #expect(error?.hint.contains("port") == true)
        }
    }

    @Test("With reusePort two servers share a port")
    func reusePort() async throws {
        let configuration = ServerConfiguration(reusePort: true)
        try await withServer(.tcp("127.0.0.1", 0), configuration: configuration, onChannel: echo) { server in
            try await withServer(server.address, configuration: configuration, onChannel: echo) { second in
                try await check(second.address)
            }
        }
    }

    @Test("The family decides which addresses of a name are used")
    func family() async throws {
        let configuration = ServerConfiguration(channel: .init(socket: .init(family: .ipv4)))
        try await withServer(.tcp("localhost", 0), configuration: configuration, onChannel: echo) { server in
            let port = server.address.port ?? 0
            try await check(.tcp("127.0.0.1", port))
            await #expect(throws: ChannelError.self) { try await openChannel(.tcp("::1", port)) }
            let channel = try await openChannel(
                .tcp("localhost", port),
                configuration: .init(socket: .init(family: .ipv4))
            )
            #expect(channel.peerAddress.map { "\($0)" } == "127.0.0.1:\(port)")
            await channel.close()
        }
    }

    @Test("An address of another host cannot be listened on")
    func notLocal() async throws {
        let error = await #expect(throws: ChannelError.self) {
            try await startServer(.tcp("192.0.2.1", 0), onChannel: echo)
        }
        #expect(error?.code == .listenFailed)
    }

    @Test("A Unix socket's file is removed at the end, and a stale one replaced")
    func staleSocket() async throws {
        let path = temporarySocketPath()
        try await withServer(.unix(path), onChannel: echo) { _ in try await check(.unix(path)) }
        #expect(access(path, F_OK) != 0)
        // What a crashed server leaves: a socket's file that nobody listens on.
        let stale = UnixSocketStub(path)
        stale.abandon()
        #expect(access(path, F_OK) == 0)
        try await withServer(.unix(path), onChannel: echo) { _ in try await check(.unix(path)) }
        #expect(access(path, F_OK) != 0)
    }

    @Test("A Unix socket that a server listens on is not taken from it")
    func liveSocket() async throws {
        let path = temporarySocketPath()
        try await withServer(.unix(path), onChannel: echo) { _ in
            let error = await #expect(throws: ChannelError.self) { try await startServer(.unix(path), onChannel: echo) }
            #expect(error?.code == .addressInUse)
            try await check(.unix(path))
        }
    }

    @Test("A file of another kind is not removed")
    func otherFile() async throws {
        let path = temporarySocketPath()
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        let error = await #expect(throws: ChannelError.self) { try await startServer(.unix(path), onChannel: echo) }
        #expect(error?.code == .addressInUse)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("precious".utf8))
    }

    @Test("The file that another server has put in the place of ours is not removed")
    func replacedFile() async throws {
        let path = temporarySocketPath()
        let server = try await startServer(.unix(path), onChannel: echo)
        unlink(path)
        try Data("another's".utf8).write(to: URL(fileURLWithPath: path))
        await server.shutDown()
        #expect(access(path, F_OK) == 0)
        unlink(path)
    }

    @Test("A Unix socket has the permissions that were asked for", arguments: [0o600, 0o660, 0o777] as [UInt32])
    func permissions(_ permissions: UInt32) async throws {
        let path = temporarySocketPath()
        let configuration = ServerConfiguration(unixPermissions: permissions)
        try await withServer(.unix(path), configuration: configuration, onChannel: echo) { _ in
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(UInt32(status.st_mode) & 0o777 == permissions)
            try await check(.unix(path))
        }
    }

    @Test("Connections beyond the maximum are closed, and those before go on", arguments: [TransportKind.tcp, .tls])
    func maximumConnections(_ kind: TransportKind) async throws {
        let log = LogBook()
        let configuration = ServerConfiguration(channel: .init(logger: log.logger), maximumConnections: 2)
        let addresses = try kind.makeAddresses()
        try await withServer(addresses.server, configuration: configuration, onChannel: echo) { server in
            let first = try await openChannel(addresses.client(server.address))
            let second = try await openChannel(addresses.client(server.address))
            // Over TCP a client is connected before the server knows of it.
            while server.connectionCount < 2 { await Task.yield() }
            await #expect(throws: ChannelError.self) {
                let third = try await openChannel(addresses.client(server.address))
                let _: String = try await third.send("a")
            }
            for channel in [first, second] {
                let reply: String = try await channel.send("a")
                #expect(reply == "a")
            }
            #expect(log.entries.contains { $0.contains("as many as it may have") })
            await first.close()
            while server.channels.count > 1 { await Task.yield() }
            let fourth = try await openChannel(addresses.client(server.address))
            let reply: String = try await fourth.send("a")
            #expect(reply == "a")
            await fourth.close()
            await second.close()
        }
    }

    private func serverConfiguration(handshakeTimeout: Duration) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .pem(TestPKI.shared.files.server.chainPEM),
            privateKey: .pem(TestPKI.shared.files.server.privateKey.pem),
            handshakeTimeout: handshakeTimeout
        )
    }

    // Not a thousand: with so many open files Foundation's Process, which other tests use in this process, reads beyond the
    // end of a directory's buffer when it starts one.
    @Test("Hundreds of clients that say nothing keep nobody waiting")
    func silentClients() async throws {
        let tls = serverConfiguration(handshakeTimeout: .seconds(100))
        try await withServer(.tls("127.0.0.1", 0, tls), onChannel: echo) { server in
            let port = server.address.port ?? 0
            let silent = try await withThrowingTaskGroup(of: RawPeer.self) { group in
                for _ in 0..<300 { group.addTask { try await RawPeer.connect(port: port) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            while server.connectionCount < 300 { await Task.yield() }
            try await check(.tls("127.0.0.1", port, TestPKI.shared.client))
            #expect(server.connectionCount >= 300)  // all of them are still waited for
            for peer in silent { await peer.close() }
        }
    }

    @Test("A client that does not finish its handshake is closed after the handshake timeout", arguments: [0, 3, 100])
    func handshakeTimeout(_ count: Int) async throws {
        let log = LogBook()
        let tls = serverConfiguration(handshakeTimeout: .milliseconds(100))
        let configuration = ServerConfiguration(channel: .init(logger: log.logger))
        try await withServer(.tls("127.0.0.1", 0, tls), configuration: configuration, onChannel: echo) { server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            // The beginning of a ClientHello of 512 bytes.
            peer.push(
                Array(
                    ([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC] + Array(repeating: 3, count: 91)).prefix(
                        count
                    )
                )
            )
            _ = await peer.readToEnd()
            while !log.entries.contains(where: { $0.contains("did not become a channel") }) { await Task.yield() }
            #expect(log.entries.contains { $0.contains("0.1 seconds") }, "\(log.entries)")
        }
    }

    @Test(
        "Whatever a client says instead of TLS, the server goes on",
        arguments: [
            Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), Array("SSH-2.0-OpenSSH_9\r\n".utf8),
            [0, 0, 0, 5, 0x93, 0, 0, 0xA1, 0x61], [0x16, 0x03, 0x01, 0xFF, 0xFF], Array(repeating: 0, count: 70000),
            [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0xFF, 0xFF, 0x03],
        ] as [[UInt8]]
    )
    func garbage(_ bytes: [UInt8]) async throws {
        let log = LogBook()
        let configuration = ServerConfiguration(channel: .init(logger: log.logger))
        try await withServer(.tls("127.0.0.1", 0, TestPKI.shared.server), configuration: configuration, onChannel: echo)
        { server in
            let port = server.address.port ?? 0
            let peer = try await RawPeer.connect(port: port)
            peer.push(bytes)
            try? await peer.endOutput()
            _ = await peer.readToEnd()
            try await check(.tls("127.0.0.1", port, TestPKI.shared.client))
            while !log.entries.contains(where: { $0.contains("did not become a channel") }) { await Task.yield() }
        }
    }

    @Test("Shutting down returns with clients in the middle of their handshake")
    func shutDownInHandshake() async throws {
        let server = try await startServer(.tls("127.0.0.1", 0, TestPKI.shared.server), onChannel: echo)
        let peer = try await RawPeer.connect(port: server.address.port ?? 0)
        try await peer.send([0x16, 0x03, 0x01])
        await server.shutDown()
        await server.shutDown()
        await server.waitUntilShutDown()
        #expect(await peer.readToEnd() == [])
    }

    @Test("The server knows its channels")
    func channels() async throws {
        try await withServer(.tcp("127.0.0.1", 0), onChannel: echo) { server in
            #expect(server.channels.isEmpty)
            let channel = try await openChannel(server.address)
            let reply: String = try await channel.send("a")
            #expect(reply == "a")
            #expect(server.channels.map(\.peerAddress) == [channel.localAddress])
            await channel.close()
            while !server.channels.isEmpty { await Task.yield() }
        }
    }

    @Test("A server without a certificate is refused before anything is bound")
    func noCertificate() async throws {
        let error = await #expect(throws: ChannelError.self) {
            try await startServer(.tls("127.0.0.1", 0, TLSConfiguration()), onChannel: echo)
        }
        #expect(error?.code == .tlsFailed)
        #expect((error?.cause as? TLSError)?.cause == .certificateMissing)
        #expect(error?.phase == .configuration)
    }
}

/// A Unix socket as a crashed process leaves it.
private struct UnixSocketStub {
    private let descriptor: CInt

    init(_ path: String) {
        #if os(Linux)
            descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(descriptor, 1)
    }

    func abandon() { close(descriptor) }
}

import Foundation
import Logging
import SecureChannel
import TestCertificates
import Testing

@Suite("Connecting", .timeLimit(.minutes(2)))
struct ConnectTests {
    @Test("A port that nobody listens on is an error that says so")
    func refused() async throws {
        let port = try await unusedPort()
        let error = await #expect(throws: ChannelError.self) { try await openChannel(.tcp("127.0.0.1", port)) }
        #expect(error?.code == .connectFailed)
        #expect(error?.phase == .connecting)
        #expect(error?.address == "tcp://127.0.0.1:\(port)")
        #expect(error?.message.contains("Connection refused") == true, "\(error.map { "\($0)" } ?? "")")
        #expect(error?.hint.contains("running") == true)
    }

    @Test("A socket file that is not there is an error that says so")
    func missingSocket() async throws {
        let path = temporarySocketPath()
        let error = await #expect(throws: ChannelError.self) { try await openChannel(.unix(path)) }
        #expect(error?.code == .connectFailed)
        #expect(error?.message.contains("No such file") == true)
    }

    @Test("A name that does not exist is an error that says so")
    func unknownName() async throws {
        let configuration = ChannelConfiguration(connectTimeout: .seconds(60))
        let error = await #expect(throws: ChannelError.self) {
            try await openChannel(.tcp("no-such-host.invalid", 1), configuration: configuration)
        }
        #expect(error?.code == .connectFailed)
        #expect(
            error?.message.contains("'no-such-host.invalid' was not found") == true,
            "\(error.map { "\($0)" } ?? "")"
        )
    }

    @Test("With time to retry, a client may start before its server", arguments: TransportKind.allCases)
    func retry(_ kind: TransportKind) async throws {
        let addresses = try kind.makeAddresses()
        let port = try await unusedPort()
        let address = addresses.server.port == nil ? addresses.server : addresses.server.moved(to: port)
        let log = LogBook()
        let configuration = ChannelConfiguration(retryTimeout: .seconds(30), logger: log.logger)
        let opening = Task { try await openChannel(addresses.client(address), configuration: configuration) }
        while !log.entries.contains(where: { $0.contains("trying again") }) { await Task.yield() }
        let server = try await startServer(address) { channel in try await channel.serve { (text: String) in text } }
        let channel = try await opening.value
        let reply: String = try await channel.send("a")
        #expect(reply == "a")
        await channel.close()
        await server.shutDown()
    }

    @Test("When the time to retry is over, the last error is thrown")
    func retryEnds() async throws {
        let port = try await unusedPort()
        let begin = ContinuousClock.now
        let error = await #expect(throws: ChannelError.self) {
            try await openChannel(.tcp("127.0.0.1", port), configuration: .init(retryTimeout: .milliseconds(300)))
        }
        #expect(error?.code == .connectFailed)
        #expect(ContinuousClock.now - begin >= .milliseconds(300))
    }

    @Test("What TLS refuses is not tried again")
    func noRetry() async throws {
        let stranger = try TestAuthority()
        let log = LogBook()
        try await withServer(.tls("127.0.0.1", 0, TestPKI.shared.server), onChannel: { _ in }) { server in
            let tls = TLSConfiguration(trustRoots: .pem(stranger.certificate.pem))
            let error = await #expect(throws: ChannelError.self) {
                try await openChannel(
                    .tls("127.0.0.1", server.address.port ?? 0, tls),
                    configuration: .init(retryTimeout: .seconds(60), logger: log.logger)
                )
            }
            #expect(error?.code == .tlsFailed)
            #expect((error?.cause as? TLSError)?.cause == .unknownAuthority)
            #expect(log.entries.isEmpty)
        }
    }

    @Test("A server that takes the connection and says nothing is given up after the connect timeout")
    func silentServer() async throws {
        try await RawPeer.accept { port, accepted in
            let error = await #expect(throws: ChannelError.self) {
                try await openChannel(
                    .tls("127.0.0.1", port, TestPKI.shared.client),
                    configuration: .init(connectTimeout: .seconds(2))
                )
            }
            #expect(error?.code == .connectTimedOut)
            #expect(error?.phase == .handshake)
            let peer = try await accepted()
            _ = await peer.readToEnd()  // the connection was closed, too
        }
    }

    @Test("A cancelled attempt ends at once and leaves no connection", arguments: [true, false])
    func cancelled(_ inHandshake: Bool) async throws {
        try await RawPeer.accept { port, accepted in
            let tls = TestPKI.shared.client
            let address: Address =
                inHandshake ? .tls("127.0.0.1", port, tls) : .tls("127.0.0.1", try await unusedPort(), tls)
            let opening = Task { try await openChannel(address, configuration: .init(retryTimeout: nil)) }
            if inHandshake {
                let peer = try await accepted()
                _ = await peer.read(1)
                opening.cancel()
                await #expect(throws: CancellationError.self) { try await opening.value }
                _ = await peer.readToEnd()
            } else {
                opening.cancel()
                await #expect(throws: CancellationError.self) { try await opening.value }
            }
        }
    }

    @Test("A configuration that cannot work is refused before anything is dialled")
    func configuration() async throws {
        let cases: [(Address, ChannelConfiguration, ChannelError.Code)] = [
            (.tcp("", 1), .init(), .invalidConfiguration),
            (.tcp("a", 70000), .init(), .invalidConfiguration),
            (.tcp("127.0.0.1", 1), .init(connectTimeout: .zero), .invalidConfiguration),
            (.tcp("127.0.0.1", 1), .init(retryTimeout: .seconds(-1)), .invalidConfiguration),
            (.tcp("127.0.0.1", 1), .init(maximumMessageSize: 0), .invalidConfiguration),
            (.tcp("127.0.0.1", 1), .init(maximumMessageSize: 1 << 31), .invalidConfiguration),
            (.tcp("127.0.0.1", 1), .init(maximumOutboundCalls: 0), .invalidConfiguration),
            (.tcp("127.0.0.1", 1), .init(socket: .init(localAddress: "nowhere")), .invalidConfiguration),
            (.tls("127.0.0.1", 1, TLSConfiguration(trustRoots: "/no/such/file")), .init(), .tlsFailed),
        ]
        for (address, configuration, code) in cases {
            let error = await #expect(throws: ChannelError.self) {
                try await openChannel(address, configuration: configuration)
            }
            #expect(error?.code == code, "\(error.map { "\($0)" } ?? "")")
            #expect(error?.phase == .configuration)
        }
    }

    @Test("A client connects from the local address that it was told to")
    func localAddress() async throws {
        try await withServer(
            .tcp("127.0.0.1", 0),
            onChannel: { channel in
                try await channel.serve { (_: Value) in channel.peerAddress.map { "\($0)" } ?? "" }
            }
        ) { server in
            let channel = try await openChannel(
                server.address,
                configuration: .init(socket: .init(localAddress: "127.0.0.2"))
            )
            let seen: String = try await channel.send(Value.null)
            #expect(seen.hasPrefix("127.0.0.2:"))
            #expect(seen == channel.localAddress.map { "\($0)" })
            await channel.close()
        }
    }
}

/// A port that was free a moment ago.
func unusedPort() async throws -> Int {
    let server = try await startServer(.tcp("127.0.0.1", 0)) { _ in }
    await server.shutDown()
    return server.address.port ?? 0
}

extension Address {
    /// The same address with another port.
    func moved(to port: Int) -> Address {
        switch self {
        case .tcp(let host, _): .tcp(host: host, port: port)
        case .tls(let host, _, let tls): .tls(host: host, port: port, tls)
        case .unix: self
        }
    }
}

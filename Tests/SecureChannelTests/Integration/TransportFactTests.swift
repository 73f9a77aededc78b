import Foundation
import SecureChannel
import TestCertificates
import Testing

@Suite("What lies under a channel, as both ends see it", .timeLimit(.minutes(2)))
struct TransportFactTests {
    /// What one end sees.
    private struct Facts: Codable, Sendable, Equatable {
        var kind: String
        var peer: String
        var local: String
        var version: String?
        var cipher: String?
        var alpn: String?
        var subject: String?
        var verifiedName: String?

        init(_ channel: Channel) {
            kind = channel.transport.kind.rawValue
            peer = channel.peerAddress.map { "\($0)" } ?? ""
            local = channel.localAddress.map { "\($0)" } ?? ""
            version = channel.tls?.version
            cipher = channel.tls?.cipher
            alpn = channel.tls?.applicationProtocol
            subject = channel.tls?.peerCertificate.map { "\($0.subject)" }
            verifiedName = channel.tls?.verifiedName
        }
    }

    private func facts(_ kind: TransportKind) async throws -> (client: Facts, server: Facts) {
        try await withPair(kind) { channel in
            try await channel.serve { (_: Value) in Facts(channel) }
        } _: { channel, _ in
            let server: Facts = try await channel.send(Value.null)
            return (Facts(channel), server)
        }
    }

    @Test("Each end's peer is the other's own address", arguments: [TransportKind.tcp, .tls, .mutualTLS])
    func addresses(_ kind: TransportKind) async throws {
        let (client, server) = try await facts(kind)
        #expect(client.peer == server.local)
        #expect(client.local == server.peer)
        #expect(client.peer.hasPrefix("127.0.0.1:"))
        #expect(client.kind == (kind == .tcp ? "tcp" : "tls"))
        #expect(server.kind == client.kind)
    }

    @Test("A Unix socket's ends know its path")
    func unix() async throws {
        let (client, server) = try await facts(.unix)
        #expect(client.peer == server.local)
        #expect(client.peer.hasPrefix("unix:/"))
        #expect(client.kind == "unix")
        #expect(client.version == nil)
    }

    @Test("TLS 1.3 is spoken, and both ends say the same of it", arguments: [TransportKind.tls, .mutualTLS])
    func tls(_ kind: TransportKind) async throws {
        let (client, server) = try await facts(kind)
        #expect(client.version == server.version)
        #expect(client.version == "TLSv1.3")
        #expect(client.cipher == server.cipher)
        #expect(client.cipher == "TLS_AES_128_GCM_SHA256")
        #expect(client.verifiedName == "127.0.0.1")
        #expect(client.subject?.contains("localhost") == true)
        #expect((server.subject != nil) == (kind == .mutualTLS))
    }

    @Test("The version, ALPN and the peer's certificate are what was configured")
    func configured() async throws {
        let files = TestPKI.shared.files
        let roots = TLSConfiguration.TrustRoots.pem(files.authority.certificate.pem)
        let server = TLSConfiguration(
            certificate: .pem(files.server.chainPEM),
            privateKey: .pem(files.server.privateKey.pem),
            trustRoots: roots,
            minimumVersion: .tls12,
            applicationProtocols: ["other/1", "rpc/1"]
        )
        let client = TLSConfiguration(
            certificate: .pem(files.client.chainPEM),
            privateKey: .pem(files.client.privateKey.pem),
            trustRoots: roots,
            serverName: "localhost",
            minimumVersion: .tls12,
            maximumVersion: .tls12,
            applicationProtocols: ["rpc/1"]
        )
        try await withServer(
            .tls("127.0.0.1", 0, server),
            onChannel: { channel in
                try await channel.serve { (_: Value) in
                    [
                        channel.tls?.version ?? "", channel.tls?.applicationProtocol ?? "",
                        channel.tls?.peerCertificate?.sha256Fingerprint.description ?? "",
                    ]
                }
            }
        ) { server in
            let channel = try await openChannel(.tls("127.0.0.1", server.address.port ?? 0, client))
            let seen: [String] = try await channel.send(Value.null)
            #expect(seen[0] == "TLSv1.2")
            #expect(seen[1] == "rpc/1")
            #expect(channel.tls?.applicationProtocol == "rpc/1")
            #expect(channel.tls?.verifiedName == "localhost")
            #expect(channel.tls?.version == "TLSv1.2")
            let certificate = try #require(channel.tls?.peerCertificate)
            #expect(certificate.notAfter > Date() && certificate.notBefore < Date())
            await channel.close()
        }
    }

    @Test("A client that offers ALPN refuses a server that chooses none, and a server one that offers only others")
    func alpnMismatch() async throws {
        let files = TestPKI.shared.files
        let roots = TLSConfiguration.TrustRoots.pem(files.authority.certificate.pem)
        for names in [[], ["other/1"]] {
            let server = TLSConfiguration(
                certificate: .pem(files.server.chainPEM),
                privateKey: .pem(files.server.privateKey.pem),
                applicationProtocols: names
            )
            try await withServer(.tls("127.0.0.1", 0, server), onChannel: { _ = try await $0.receive() }) { server in
                let client = TLSConfiguration(trustRoots: roots, applicationProtocols: ["rpc/1"])
                let error = await #expect(throws: ChannelError.self) {
                    try await openChannel(.tls("127.0.0.1", server.address.port ?? 0, client))
                }
                #expect((error?.cause as? TLSError)?.cause == .alpnMismatch, "\(error.map { "\($0)" } ?? "")")
            }
        }
    }

    @Test("A server that requires a certificate refuses a client without, and the client learns that, as that")
    func clientCertificateRequired() async throws {
        let log = LogBook()
        let configuration = ServerConfiguration(channel: .init(logger: log.logger))
        try await withServer(
            .tls("127.0.0.1", 0, TestPKI.shared.mutualServer),
            configuration: configuration,
            onChannel: { try await $0.serve { (value: Value) in value } }
        ) { server in
            // In TLS 1.3 the client's handshake ends before the server has looked: the first call may be what tells.
            let error = await #expect(throws: ChannelError.self) {
                let channel = try await openChannel(.tls("127.0.0.1", server.address.port ?? 0, TestPKI.shared.client))
                let _: String = try await channel.send("a")
            }
            #expect(error?.code == .tlsFailed, "\(error.map { "\($0)" } ?? "")")
            #expect((error?.cause as? TLSError)?.cause == .certificateRejectedByPeer(alert: 116))
            while !log.entries.contains(where: { $0.contains("did not become a channel") }) { await Task.yield() }
        }
    }

    @Test("A self-signed certificate that is trusted directly works")
    func selfSigned() async throws {
        let identity = try Identity.selfSigned(.server(hosts: ["127.0.0.1"]))
        let server = TLSConfiguration(certificate: .pem(identity.chainPEM), privateKey: .pem(identity.privateKey.pem))
        try await withServer(
            .tls("127.0.0.1", 0, server),
            onChannel: { try await $0.serve { (value: Value) in value } }
        ) { server in
            let client = TLSConfiguration(trustRoots: .pem(identity.chainPEM))
            let channel = try await openChannel(.tls("127.0.0.1", server.address.port ?? 0, client))
            let reply: String = try await channel.send("a")
            #expect(reply == "a")
            await channel.close()
            let error = await #expect(throws: ChannelError.self) {
                try await openChannel(.tls("127.0.0.1", server.address.port ?? 0, TestPKI.shared.client))
            }
            #expect((error?.cause as? TLSError)?.cause == .selfSigned)
        }
    }

    @Test("A TLS client that meets a server without TLS says so, and so does the server")
    func notTLS() async throws {
        let log = LogBook()
        let configuration = ServerConfiguration(channel: .init(logger: log.logger))
        try await withServer(
            .tcp("127.0.0.1", 0),
            configuration: configuration,
            onChannel: { _ = try await $0.receive() }
        ) { server in
            let error = await #expect(throws: ChannelError.self) {
                try await openChannel(.tls("127.0.0.1", server.address.port ?? 0, TestPKI.shared.client))
            }
            #expect(error?.code == .tlsFailed || error?.code == .connectionReset, "\(error.map { "\($0)" } ?? "")")
            while !log.entries.contains(where: { $0.contains("TLS handshake") }) { await Task.yield() }
        }
    }
}

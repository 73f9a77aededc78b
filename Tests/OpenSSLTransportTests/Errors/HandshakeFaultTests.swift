import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What each side says when a handshake fails for another reason than a certificate")
struct HandshakeFaultTests {
    let authority: TestAuthority
    let identity: Identity

    init() throws {
        self.authority = try TestAuthority()
        self.identity = try self.authority.issue(.server())
    }

    private func client(
        minimumVersion: TLSVersion = .tls12,
        maximumVersion: TLSVersion? = nil,
        applicationProtocols: [String] = []
    ) -> TLSConfiguration {
        TLSConfiguration(
            trustRoots: .pem(self.authority.certificate.pem),
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            applicationProtocols: applicationProtocols
        )
    }

    private func server(
        minimumVersion: TLSVersion = .tls12,
        maximumVersion: TLSVersion? = nil,
        applicationProtocols: [String] = []
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(self.identity),
            privateKey: .identity(self.identity),
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            applicationProtocols: applicationProtocols
        )
    }

    @Test("A client that is too old for the server")
    func clientTooOld() throws {
        let handshake = try MemoryHandshake(
            client: client(maximumVersion: .tls12),
            server: server(minimumVersion: .tls13)
        )
        #expect(handshake.server.error?.cause == .versionMismatch)
        #expect(handshake.client.error?.cause == .versionMismatch)
        #expect("\(try #require(handshake.server.error))".contains("we speak only TLS 1.3"))
        #expect("\(try #require(handshake.client.error))".contains("only TLS 1.2"))
    }

    @Test("A server that is too old for the client")
    func serverTooOld() throws {
        let handshake = try MemoryHandshake(
            client: client(minimumVersion: .tls13),
            server: server(maximumVersion: .tls12)
        )
        #expect(handshake.server.error?.cause == .versionMismatch)
        #expect(handshake.client.error?.cause == .versionMismatch)
    }

    @Test("No cipher suite in common, in TLS 1.2 and 1.3", arguments: [TLSVersion.tls12, .tls13])
    func noSharedCipher(_ version: TLSVersion) throws {
        let handshake = try MemoryHandshake(
            client: client(maximumVersion: version),
            server: server(),
            prepare: { client, server in
                SSL_CTX_set_cipher_list(client.pointer, "ECDHE-ECDSA-AES128-GCM-SHA256")
                SSL_CTX_set_cipher_list(server.pointer, "ECDHE-ECDSA-AES256-GCM-SHA384")
                SSL_CTX_set_ciphersuites(client.pointer, "TLS_AES_128_GCM_SHA256")
                SSL_CTX_set_ciphersuites(server.pointer, "TLS_AES_256_GCM_SHA384")
            }
        )
        let error = try #require(handshake.server.error)
        #expect(error.cause == .noSharedCipher)
        let ours = version == .tls13 ? "TLS_AES_256_GCM_SHA384" : "ECDHE-ECDSA-AES256-GCM-SHA384"
        #expect("\(error)".contains(ours), "\(error)")
        if version == .tls12 { #expect("\(error)".contains("the client offers ECDHE-ECDSA-AES128-GCM-SHA256")) }
        #expect(handshake.client.error?.cause == .alertReceived(40))
        #expect("\(try #require(handshake.client.error))".contains("found no common ground"))
    }

    @Test("A client that takes one signature algorithm only is told of it when it is refused")
    func onlySignatureAlgorithm() throws {
        let picky = TLSConfiguration(
            trustRoots: .pem("\(self.authority.certificate.pem)"),
            algorithms: .init(signatureAlgorithms: ["rsa_pss_rsae_sha256"])
        )
        let handshake = try MemoryHandshake(client: picky, server: server())
        #expect(handshake.server.error?.cause == .noSharedSignatureAlgorithm)
        let text = "\(try #require(handshake.client.error))"
        #expect(text.contains("Only rsa_pss_rsae_sha256 is taken here as signature algorithm"), "\(text)")
    }

    @Test("No group in common")
    func noSharedGroup() throws {
        let handshake = try MemoryHandshake(
            client: client(),
            server: server(),
            prepare: { client, server in
                COpenSSL_SSL_CTX_set1_groups_list(client.pointer, "X25519")
                COpenSSL_SSL_CTX_set1_groups_list(server.pointer, "P-384")
            }
        )
        #expect(handshake.server.error?.cause == .noSharedGroup)
        #expect(handshake.client.error?.cause == .alertReceived(40))
    }

    @Test("No signature algorithm in common")
    func noSharedSignatureAlgorithm() throws {
        let handshake = try MemoryHandshake(
            client: client(minimumVersion: .tls13),
            server: server(),
            prepare: { client, _ in COpenSSL_SSL_CTX_set1_sigalgs_list(client.pointer, "rsa_pss_rsae_sha256") }
        )
        #expect(handshake.server.error?.cause == .noSharedSignatureAlgorithm)
        #expect(handshake.client.error?.cause == .alertReceived(40))
    }

    @Test("No application protocol in common")
    func noSharedApplicationProtocol() throws {
        let handshake = try MemoryHandshake(
            client: client(applicationProtocols: ["a/1", "a/2"]),
            server: server(applicationProtocols: ["b/1"])
        )
        #expect(handshake.server.error?.cause == .alpnMismatch)
        #expect("\(try #require(handshake.server.error))".contains("'b/1'"))
        #expect(handshake.client.error?.cause == .alpnMismatch)
        #expect("\(try #require(handshake.client.error))".contains("'a/1', 'a/2'"))
    }

    @Test("What a refused client has offered is let go of with its session")
    func offerIsReleased() throws {
        weak var offer: OfferedProtocols?
        do {
            let client = try MemoryParty(
                client(applicationProtocols: ["a/1"]).context(for: .client),
                host: "localhost"
            )
            let server = try MemoryParty(server(applicationProtocols: ["b/1"]).context(for: .server), host: nil)
            _ = client.step()
            server.receive(client.takeOutput())
            _ = server.step()
            offer = OfferedProtocols.of(server.ssl)
            #expect(offer?.names == [Array("a/1".utf8)])
        }
        #expect(offer == nil)
    }

    @Test("A server that chooses no application protocol is refused by a client that offers some")
    func noApplicationProtocolChosen() throws {
        let handshake = try MemoryHandshake(client: client(applicationProtocols: ["a/1"]), server: server())
        #expect(handshake.client.error?.cause == .alpnMismatch)
        #expect(handshake.client.error?.phase == .handshake)
    }

    @Test("A server's preference decides between application protocols, and one that is not offered any goes on")
    func applicationProtocolIsChosen() throws {
        let server = server(applicationProtocols: ["b/2", "b/1"])
        let both = try MemoryHandshake(client: client(applicationProtocols: ["b/1", "b/2"]), server: server)
        #expect(try both.client.get().applicationProtocol == "b/2")
        #expect(try both.server.get().applicationProtocol == "b/2")
        let none = try MemoryHandshake(client: client(), server: server)
        #expect(try none.server.get().applicationProtocol == nil)
    }

    @Test("A chain that is larger than the limit is refused by its size")
    func chainTooLarge() throws {
        let filling = RawExtension(objectIdentifier: "1.2.3.4", value: Array(repeating: 0, count: 40_000))
        let large = try self.authority.issue(
            CertificateRequest(
                commonName: "large",
                alternativeNames: [.dns("localhost")],
                additionalExtensions: [filling]
            )
        )
        let handshake = try MemoryHandshake(
            client: client(),
            server: server(),
            prepare: { _, server in try server.present(large) }
        )
        let error = try #require(handshake.client.error)
        #expect(error.cause == .handshakeTooLarge)
        #expect("\(error)".contains("32 KiB"))
        #expect(handshake.server.error?.cause == .alertReceived(47))
    }

    @Test(
        "A peer that does not speak TLS is told so by its first bytes",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "HTTP"), ("CONNECT a:1 HTTP/1.1\r\n\r\n", "HTTP"),
            ("SSH-2.0-OpenSSH_9.2\r\n", "no TLS record"), ("\0\0\0\u{10}[0, 0, \"ohai\"]", "no TLS record"),
        ]
    )
    func peerIsNotTLS(_ bytes: String, _ words: String) throws {
        let server = try MemoryParty(server().context(for: .server), host: nil)
        server.receive(Array(bytes.utf8))
        _ = server.step()
        #expect(server.error?.cause == .peerIsNotTLS(words == "HTTP" ? .http : .unknown))
        #expect("\(try #require(server.error))".contains(words))
        let client = try MemoryParty(client().context(for: .client), host: "localhost")
        client.receive(Array(bytes.utf8))
        _ = client.step()
        #expect(client.error?.cause == .peerIsNotTLS(words == "HTTP" ? .http : .unknown))
    }

    @Test("An end of the stream is told apart: before the first answer, in the handshake, and afterwards")
    func endOfStream() throws {
        let early = try MemoryParty(client().context(for: .client), host: "localhost")
        _ = early.step()
        early.endInput()
        _ = early.step()
        #expect(early.error?.cause == .closedDuringHandshake)
        #expect("\(try #require(early.error))".contains("before it said anything in TLS"))

        let (client, server) = try self.parties()
        _ = client.step()
        server.receive(client.takeOutput())
        _ = server.step()
        server.endInput()
        _ = server.step()
        #expect(server.error?.cause == .closedDuringHandshake)
        #expect("\(try #require(server.error))".contains("in the middle of the handshake"))

        let established = try self.connected()
        established.client.endInput()
        _ = established.client.step()
        #expect(established.client.error?.cause == .truncated)
        #expect(established.client.error?.phase == .established)
        established.server.receive(established.client.takeOutput())
        _ = established.server.step()
        #expect(established.server.error?.cause == .alertReceived(50))
    }

    @Test(
        "A record with one bit changed is corrupted, and the sender learns it",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func corruptedRecord(_ version: TLSVersion) throws {
        let (client, server) = try self.connected(version)
        client.write(Array("ohai".utf8))
        var record = client.takeOutput()
        record[record.count - 1] ^= 1
        server.receive(record)
        _ = server.step()
        #expect(server.error?.cause == .corruptedRecord)
        client.receive(server.takeOutput())
        _ = client.step()
        #expect(client.error?.cause == .alertReceived(20))
        #expect("\(try #require(client.error))".contains("alters data"))
    }

    @Test("A record that is longer than TLS allows")
    func oversizedRecord() throws {
        let (client, server) = try self.connected()
        server.receive([0x17, 3, 3, 0xFF, 0xFF] + Array(repeating: 0, count: 65_535))
        _ = server.step()
        #expect(server.error?.cause == .protocolViolation)
        client.receive(server.takeOutput())
        _ = client.step()
        #expect(client.error?.cause == .alertReceived(22))
    }

    private func parties(_ version: TLSVersion? = nil) throws -> (client: MemoryParty, server: MemoryParty) {
        (
            try MemoryParty(client(maximumVersion: version).context(for: .client), host: "localhost"),
            try MemoryParty(server().context(for: .server), host: nil)
        )
    }

    private func connected(_ version: TLSVersion? = nil) throws -> (client: MemoryParty, server: MemoryParty) {
        let (client, server) = try self.parties(version)
        while client.step() || server.step() {
            server.receive(client.takeOutput())
            client.receive(server.takeOutput())
        }
        _ = try client.outcome.get()
        _ = try server.outcome.get()
        return (client, server)
    }
}

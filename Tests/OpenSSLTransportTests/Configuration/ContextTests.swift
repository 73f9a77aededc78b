import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("The context that connections of a configuration share")
struct ContextTests {
    let authority: TestAuthority
    let identity: Identity
    let configuration: TLSConfiguration

    init() throws {
        self.authority = try TestAuthority()
        self.identity = try self.authority.issue(.server())
        self.configuration = TLSConfiguration(
            certificate: .identity(self.identity),
            privateKey: .identity(self.identity),
            trustRoots: .pem(self.authority.certificate.pem),
            clientCertificates: .optional,
            minimumVersion: .tls12
        )
    }

    @Test("There is one SSL_CTX for each configuration and role, however many ask for it at once")
    func contextIsShared() async throws {
        let configuration = self.configuration
        let pointers = try await withThrowingTaskGroup { group in
            for _ in 0..<32 {
                group.addTask {
                    UInt(bitPattern: try configuration.context(for: .server).pointer)
                }
            }
            return try await group.reduce(into: Set<UInt>()) { $0.insert($1) }
        }
        #expect(pointers.count == 1)
        #expect(try configuration.context(for: .server) !== configuration.context(for: .client))
        try configuration.validate(for: .server)
        #expect(try pointers == [UInt(bitPattern: configuration.context(for: .server).pointer)])
        let ssl = try configuration.context(for: .server).makeSSL(peerHost: nil)
        defer { SSL_free(ssl) }
        #expect(try SSL_get_SSL_CTX(ssl) == configuration.context(for: .server).pointer)
    }

    @Test("Configurations are equal if they are the same one")
    func equality() {
        let same = self.configuration
        let (one, alike) = (TLSConfiguration(trustRoots: "ca.pem"), TLSConfiguration(trustRoots: "ca.pem"))
        #expect(same == self.configuration && same.hashValue == self.configuration.hashValue)
        #expect(one != alike)
    }

    @Test("A session outlives its configuration, application protocols and errors included")
    func sessionOutlivesContext() throws {
        func party(_ role: TLSRole, _ protocols: [String]) throws -> MemoryParty {
            let configuration = TLSConfiguration(
                certificate: .identity(self.identity),
                privateKey: .identity(self.identity),
                trustRoots: .pem(self.authority.certificate.pem),
                applicationProtocols: protocols
            )
            return try MemoryParty(configuration.context(for: role), host: "localhost")
        }
        let server = try {
            // The party keeps its context; the session alone must do.
            let context = try TLSConfiguration(
                certificate: .identity(self.identity),
                privateKey: .identity(self.identity),
                applicationProtocols: ["b/1"]
            ).context(for: .server)
            return try context.makeSSL(peerHost: nil)
        }()
        defer { SSL_free(server) }
        let input = try #require(BIO_new(BIO_s_mem()))
        let output = try #require(BIO_new(BIO_s_mem()))
        SSL_set_bio(server, input, output)
        let client = try party(.client, ["a/1"])
        _ = client.step()
        let hello = client.takeOutput()
        BIO_write(input, hello, Int32(hello.count))
        ERR_clear_error()
        let result = SSL_do_handshake(server)
        let error = TLSError.explaining(
            OpenSSLFailure(sslError: SSL_get_error(server, result), codes: OpenSSLErrorQueue.drain()),
            ssl: server,
            role: .server,
            phase: .handshake,
            peerAddress: nil
        )
        #expect(error.cause == .alpnMismatch)
        #expect(error.message.contains("'b/1'"))
    }

    @Test("Options, modes and limits are as the design has them", arguments: [TLSRole.client, .server])
    func options(_ role: TLSRole) throws {
        let pointer = try self.configuration.context(for: role).pointer
        let options = SSL_CTX_get_options(pointer)
        for option in [
            COpenSSL_SSL_OP_NO_RENEGOTIATION(), COpenSSL_SSL_OP_NO_COMPRESSION(), COpenSSL_SSL_OP_NO_TICKET(),
            COpenSSL_SSL_OP_CIPHER_SERVER_PREFERENCE(),
        ] { #expect(options & option != 0) }
        #expect(options & COpenSSL_SSL_OP_IGNORE_UNEXPECTED_EOF() == 0)
        #expect(SSL_CTX_get_num_tickets(pointer) == 0)
        #expect(SSL_CTX_get_security_level(pointer) >= 2)
        #expect(SSL_CTX_get_verify_depth(pointer) == 4)
        #expect(SSL_CTX_get_max_early_data(pointer) == 0)
    }

    @Test("A server hands out no session tickets, in neither version", arguments: [TLSVersion.tls12, .tls13])
    func noTickets(_ version: TLSVersion) throws {
        let client = try MemoryParty(
            TLSConfiguration(
                trustRoots: .pem(self.authority.certificate.pem),
                minimumVersion: .tls12,
                maximumVersion: version
            ).context(for: .client),
            host: "localhost"
        )
        let server = try MemoryParty(self.configuration.context(for: .server), host: nil)
        while client.step() || server.step() {
            server.receive(client.takeOutput())
            client.receive(server.takeOutput())
        }
        #expect(try client.outcome.get().version == (version == .tls13 ? "TLSv1.3" : "TLSv1.2"))
        let session = try #require(SSL_get_session(client.ssl))
        #expect(SSL_SESSION_has_ticket(session) == 0)
        #expect(SSL_SESSION_is_resumable(session) == 0)
    }

    @Test(
        "TLS 1.2 is spoken only with forward secrecy and authenticated encryption",
        arguments: [
            "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-CCM",
        ]
    )
    func oldCiphersAreRefused(_ cipher: String) throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                trustRoots: .pem(self.authority.certificate.pem),
                minimumVersion: .tls12,
                maximumVersion: .tls12
            ),
            server: self.configuration,
            prepare: { client, _ in try #require(SSL_CTX_set_cipher_list(client.pointer, cipher) == 1) }
        )
        #expect(handshake.server.error?.cause == .noSharedCipher)
    }

    @Test("The contexts of aiomas (TLS 1.2 with ECDH+AESGCM) are spoken to")
    func aiomasCiphers() throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                trustRoots: .pem(self.authority.certificate.pem),
                minimumVersion: .tls12,
                maximumVersion: .tls12
            ),
            server: self.configuration,
            prepare: { client, _ in try #require(SSL_CTX_set_cipher_list(client.pointer, "ECDH+AESGCM") == 1) }
        )
        #expect(try handshake.client.get().cipher.hasPrefix("ECDHE-ECDSA-AES"))
    }

    @Test("TLS 1.3 is what is spoken by default, with AES-128 and the best group that there is")
    func defaults() throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(self.authority.certificate.pem)),
            server: TLSConfiguration(certificate: .identity(self.identity), privateKey: .identity(self.identity))
        )
        for information in [try handshake.client.get(), try handshake.server.get()] {
            #expect(information.version == "TLSv1.3")
            #expect(information.cipher == "TLS_AES_128_GCM_SHA256")
            #expect(information.group == (hasHybridGroup ? "X25519MLKEM768" : "X25519"))
            #expect(information.applicationProtocol == nil)
        }
        #expect(try handshake.client.get().role == .client)
        #expect(try handshake.server.get().role == .server)
    }

    @Test("What the handshake agreed on has the peer's certificate in full")
    func peerCertificate() throws {
        var request = CertificateRequest.client(commonName: "Zoë")
        request.alternativeNames = [
            .dns("a.example"), .ip("10.0.0.1"), .ip("2001:db8::1"), .email("a@b.example"), .uri("spiffe://example/a"),
            .raw(tag: 0x88, [0x2A, 0x03, 0x04]),
            .raw(tag: 0xA4, [0x30, 0x0C, 0x31, 0x0A, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x01, 0x78]),
            .dns("bad\0name"), .raw(tag: 0x87, [1, 2, 3]),
        ]
        request.serialNumber = [0x12, 0xAB]
        let client = try self.authority.issue(request)
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                certificate: .identity(client),
                privateKey: .identity(client),
                trustRoots: .pem(self.authority.certificate.pem)
            ),
            server: self.configuration
        )
        let certificate = try #require(try handshake.server.get().peerCertificate)
        #expect(certificate.subject == "CN=Zoë")
        #expect(certificate.issuer == "CN=swift-secure-channel test authority")
        #expect(certificate.serialNumber == "12AB")
        #expect(certificate.sha256Fingerprint == client.certificate.fingerprint)
        #expect(
            certificate.subjectAlternativeNames == [
                .dns("a.example"), .ip("10.0.0.1"), .ip("2001:db8::1"), .email("a@b.example"),
                .uri("spiffe://example/a"),
                .registeredID("1.2.3.4"), .directoryName("CN=x"),
                .other(kind: "DNS", bytes: Array("bad\0name".utf8)), .other(kind: "IP", bytes: [1, 2, 3]),
            ]
        )
        #expect(certificate.notAfter.timeIntervalSince(certificate.notBefore) == 398 * 86_400)
        #expect(!"\(certificate)".contains("\0"))
    }
}

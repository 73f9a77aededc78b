import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What each side says of the other's certificate")
struct CertificateFaultTests {
    /// A fault of the server's or the client's certificate, and what both ends must call it.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        /// The faulty identity, and what the other side trusts.
        var make: @Sendable (_ authority: TestAuthority, _ request: CertificateRequest) throws -> Identity
        var cause: TLSError.Cause
        var alert: TLSAlert
        var words: [String]

        var testDescription: String { self.name }
    }

    static let cases: [Case] = [
        Case(
            name: "expired",
            make: { authority, request in
                var request = request
                request.validity = .expired
                return try authority.issue(request)
            },
            cause: .certificateExpired,
            alert: 45,
            words: ["has expired: it was valid until", "the clock of this host says", "serial", "CN=faulty"]
        ),
        Case(
            name: "not valid yet",
            make: { authority, request in
                var request = request
                request.validity = .notYet
                return try authority.issue(request)
            },
            cause: .certificateNotYetValid,
            alert: 42,
            words: ["is not valid yet: it is valid from", "Check the clocks"]
        ),
        Case(
            name: "of an unknown authority",
            make: { _, request in try TestAuthority(name: "stranger").issue(request) },
            cause: .unknownAuthority,
            alert: 48,
            words: [
                "is signed by 'CN=stranger'",
                "the trusted certificates, 1 in number (trust roots from PEM text in memory)",
            ]
        ),
        Case(
            name: "without its intermediate authority",
            make: { authority, request in
                var identity = try authority.intermediate(name: "middle").issue(request)
                identity.chain = [identity.certificate]
                return identity
            },
            cause: .unknownAuthority,
            alert: 48,
            words: ["is signed by 'CN=middle'", "must send its intermediate certificates"]
        ),
        Case(
            name: "with an unknown root",
            make: { _, request in
                let stranger = try TestAuthority(name: "stranger")
                var identity = try stranger.issue(request)
                identity.chain.append(stranger.certificate)
                return identity
            },
            cause: .unknownAuthority,
            alert: 48,
            words: ["ends in the root 'CN=stranger'"]
        ),
        Case(
            name: "signed by itself",
            make: { _, request in try Identity.selfSigned(request) },
            cause: .selfSigned,
            alert: 48,
            words: ["signed itself", "SHA-256"]
        ),
        Case(
            name: "for another purpose",
            make: { authority, request in
                var request = request
                request.purposes = [.codeSigning]
                return try authority.issue(request)
            },
            cause: .wrongCertificatePurpose,
            alert: 43,
            words: ["may not be used by a", "it needs the extended key usage", "and has [codeSigning]"]
        ),
        Case(
            name: "with a weak key",
            make: { authority, request in
                var request = request
                request.key = .rsa(bits: 1024)
                return try authority.issue(request)
            },
            cause: .certificateTooWeak,
            alert: 42,
            words: ["too weak for OpenSSL's security level 2", "RSA with 1024 bits"]
        ),
        Case(
            name: "signed by a certificate that is no authority's",
            make: { authority, request in
                try TestAuthority(signingAs: authority.issue(.server(hosts: ["middle"]))).issue(request)
            },
            cause: .certificateRejected,
            alert: 48,
            words: ["depth 1", "no authority's"]
        ),
        Case(
            name: "below an expired authority",
            make: { authority, request in
                try authority.intermediate(name: "old middle", validity: .expired).issue(request)
            },
            cause: .certificateExpired,
            alert: 45,
            words: ["depth 1", "CN=old middle"]
        ),
    ]

    /// A context has one certificate for each kind of key: only one of the same kind is replaced by another.
    private static func key(like identity: Identity) -> KeyKind {
        if case .rsa = identity.privateKey.kind { .rsa(bits: 2048) } else { identity.privateKey.kind }
    }

    @Test("A client names what is wrong with a server's certificate, and the server learns it", arguments: Self.cases)
    func serverCertificate(_ test: Case) throws {
        let authority = try TestAuthority()
        let faulty = try test.make(authority, .server(commonName: "faulty"))
        let honest = try authority.issue(.server(key: Self.key(like: faulty)))
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem)),
            server: TLSConfiguration(certificate: .identity(honest), privateKey: .identity(honest)),
            prepare: { _, server in try server.present(faulty) }
        )
        let client = try #require(handshake.client.error)
        #expect(client.cause == test.cause)
        for word in test.words + ["handshake as client with the peer"] {
            #expect("\(client)".contains(word), "\(client)")
        }
        let server = try #require(handshake.server.error)
        #expect(server.cause == .certificateRejectedByPeer(alert: test.alert))
        #expect("\(server)".contains("our certificate 'CN=faulty'"), "\(server)")
    }

    @Test(
        "A server names what is wrong with a client's certificate, and the client learns it, in TLS 1.2 and 1.3",
        arguments: Self.cases,
        [TLSVersion.tls12, .tls13]
    )
    func clientCertificate(_ test: Case, _ version: TLSVersion) throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server())
        let faulty = try test.make(authority, .client(commonName: "faulty"))
        let honest = try authority.issue(.client(key: Self.key(like: faulty)))
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                certificate: .identity(honest),
                privateKey: .identity(honest),
                trustRoots: .pem(authority.certificate.pem),
                minimumVersion: .tls12
            ),
            server: TLSConfiguration(
                certificate: .identity(identity),
                privateKey: .identity(identity),
                trustRoots: .pem(authority.certificate.pem),
                minimumVersion: .tls12,
                maximumVersion: version
            ),
            prepare: { client, _ in try client.present(faulty) }
        )
        let server = try #require(handshake.server.error)
        #expect(server.cause == test.cause)
        for word in test.words + ["handshake as server with the peer"] {
            #expect("\(server)".contains(word), "\(server)")
        }
        let client = try #require(handshake.client.error)
        #expect(client.cause == .certificateRejectedByPeer(alert: test.alert))
        #expect("\(client)".contains("our certificate 'CN=faulty'"), "\(client)")
        // In TLS 1.3 a client is done before the server has looked at its certificate.
        #expect(client.phase == (version == .tls13 ? .established : .handshake))
    }

    @Test(
        "A client without the required certificate is told apart on both sides",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func missingClientCertificate(_ version: TLSVersion) throws {
        let authority = try TestAuthority(name: "our authority")
        let identity = try authority.issue(.server())
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem), minimumVersion: .tls12),
            server: TLSConfiguration(
                certificate: .identity(identity),
                privateKey: .identity(identity),
                trustRoots: .pem(authority.certificate.pem),
                minimumVersion: .tls12,
                maximumVersion: version
            )
        )
        let server = try #require(handshake.server.error)
        #expect(server.cause == .clientCertificateRequired)
        #expect("\(server)".contains("one of 'CN=our authority'"), "\(server)")
        let client = try #require(handshake.client.error)
        #expect(client.cause == .certificateRejectedByPeer(alert: version == .tls13 ? 116 : 40))
        #expect("\(client)".contains("requires a client certificate"), "\(client)")
        #expect("\(client)".contains("none is configured here"), "\(client)")
    }

    @Test("An optional client certificate may be missing, but not wrong")
    func optionalClientCertificate() throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server())
        let server = TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            trustRoots: .pem(authority.certificate.pem),
            clientCertificates: .optional
        )
        func handshake(_ client: Identity?) throws -> MemoryHandshake {
            try MemoryHandshake(
                client: TLSConfiguration(
                    certificate: client.map { .identity($0) },
                    privateKey: client.map { .identity($0) },
                    trustRoots: .pem(authority.certificate.pem)
                ),
                server: server
            )
        }
        let anonymous = try handshake(nil).server.get()
        #expect(anonymous.peerCertificate == nil)
        #expect(!anonymous.isPeerVerified)
        let known = try handshake(authority.issue(.client(commonName: "known"))).server.get()
        #expect(known.peerCertificate?.subject == "CN=known")
        #expect(known.isPeerVerified)
        let stranger = try handshake(TestAuthority().issue(.client()))
        #expect(stranger.server.error?.cause == .unknownAuthority)
    }

    @Test("Text in a certificate cannot break out of an error's line")
    func hostileText() throws {
        let hostile = "evil\n\u{1B}[2J\0\u{202E}" + String(repeating: "x", count: 10_000) + "end"
        let authority = try TestAuthority()
        let honest = try authority.issue(.server())
        let request = CertificateRequest(
            commonName: hostile,
            alternativeNames: [.dns(hostile), .uri("a\u{202E}b\n"), .raw(tag: 0x82, [0xFF, 0x0A, 0x00])]
        )
        let identity = try authority.issue(request)
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem)),
            server: TLSConfiguration(certificate: .identity(honest), privateKey: .identity(honest)),
            prepare: { _, server in try server.present(identity) }
        )
        for error in [handshake.client.error, handshake.server.error] {
            let text = "\(try #require(error))"
            #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(text)")
            #expect(!text.unicodeScalars.contains("\u{202E}"))
            #expect(text.count < 4096)
        }
        #expect(handshake.client.error?.cause == .hostnameMismatch)
    }
}

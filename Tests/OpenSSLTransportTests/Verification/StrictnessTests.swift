import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("How far a chain may differ from what RFC 5280 describes")
struct StrictnessTests {
    private func flags(_ roots: TLSConfiguration.TrustRoots, role: TLSRole = .client) throws -> UInt {
        let identity = try TestAuthority().issue(.server())
        let configuration = TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            trustRoots: roots
        )
        return X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(try configuration.context(for: role).pointer))
    }

    @Test("Chains may end early only where a certificate is trusted that has not signed itself")
    func partialChains() throws {
        let root = try TestAuthority()
        let leaf = try root.issue(.server()).certificate.pem
        let middle = try root.intermediate().certificate.pem
        let own = try Identity.selfSigned(.server()).certificate.pem
        let odd = try Self.oddRoot().certificate.pem
        for (text, isAllowed) in [
            (root.certificate.pem, false), (own, false), (root.certificate.pem + own, false), (middle, true),
            (leaf, true), (root.certificate.pem + middle, true), (leaf + own, true),
            (odd, false), (odd + middle, true),
        ] {
            for role in [TLSRole.client, .server] {
                let flag = try self.flags(.pem(text), role: role) & UInt(X509_V_FLAG_PARTIAL_CHAIN)
                #expect((flag != 0) == isAllowed)
            }
        }
    }

    /// It has its own name as its issuer, and says that another key has signed it.
    private static func oddRoot() throws -> Identity {
        var request = CertificateRequest(commonName: "odd", isAuthority: true)
        request.hasKeyIdentifiers = false
        request.additionalExtensions = [
            RawExtension(objectIdentifier: "2.5.29.14", value: [4, 1, 1]),
            RawExtension(objectIdentifier: "2.5.29.35", value: [0x30, 3, 0x80, 1, 2]),
        ]
        return try .selfSigned(request)
    }

    @Test("A root that says that another key has signed it ends no chain")
    func oddRoots() throws {
        let root = try Self.oddRoot()
        var request = CertificateRequest.server()
        request.hasKeyIdentifiers = false
        let identity = try TestAuthority(signingAs: root).issue(request)
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(root.certificate.pem)),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        )
        #expect(handshake.client.error?.cause == .unknownAuthority)
    }

    @Test("A root that names itself as its issuer by name and number, as easy-rsa makes them, is one")
    func namedRoots() throws {
        let directory = try TemporaryDirectory()
        let configuration = try directory.write(
            """
            [req]
            distinguished_name=name
            [name]
            [root]
            basicConstraints=critical,CA:TRUE
            keyUsage=critical,keyCertSign,cRLSign
            subjectKeyIdentifier=hash
            authorityKeyIdentifier=keyid:always,issuer:always
            [leaf]
            subjectAltName=DNS:localhost
            authorityKeyIdentifier=keyid,issuer:always
            """,
            "req.cnf"
        )
        func made(_ name: String, _ more: String...) throws -> String {
            let path = "\(directory.path)/\(name)"
            _ = try openssl(
                ["req", "-x509", "-config", configuration, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
                    + ["-nodes", "-keyout", path + ".key", "-out", path + ".pem", "-subj", "/CN=\(name)"]
                    + ["-extensions", name] + more
            )
            return path
        }
        let root = try made("root")
        let leaf = try made("leaf", "-CA", root + ".pem", "-CAkey", root + ".key")
        for verification in [TLSConfiguration.Verification.full, .strict] {
            let handshake = try MemoryHandshake(
                client: TLSConfiguration(trustRoots: .file(root + ".pem"), verification: verification),
                server: TLSConfiguration(certificate: .file(leaf + ".pem"), privateKey: .file(leaf + ".key"))
            )
            #expect(handshake.client.error == nil)
        }
        #expect(try self.flags(.file(root + ".pem")) & UInt(X509_V_FLAG_PARTIAL_CHAIN) == 0)
    }

    @Test("A reload that trusts an intermediate authority as well lets chains end there, and one without it no more")
    func reload() throws {
        let root = try TestAuthority()
        let middle = try TestAuthority().intermediate()
        let identity = try middle.issue(.server())
        let server = TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        let client = TLSConfiguration(trustRoots: .pem(root.certificate.pem))
        #expect(try MemoryHandshake(client: client, server: server).client.error?.cause == .unknownAuthority)
        try client.replace(trustRoots: .pem(root.certificate.pem + middle.certificate.pem))
        #expect(try MemoryHandshake(client: client, server: server).client.error == nil)
        try client.replace(trustRoots: .pem(root.certificate.pem))
        #expect(try MemoryHandshake(client: client, server: server).client.error?.cause == .unknownAuthority)
    }

    /// For either side, signed by an authority that is named as such, or is not as RFC 5280 wants it.
    private static func identity(_ authority: Identity, isStrict: Bool = true) throws -> Identity {
        var request = CertificateRequest.server(commonName: "peer")
        request.purposes = [.server, .client]
        request.hasKeyIdentifiers = isStrict
        var made = try TestAuthority(signingAs: authority).issue(request)
        made.chain.removeAll { $0.der == authority.certificate.der }
        return made
    }

    private static func authority(isStrict: Bool = true) throws -> Identity {
        var request = CertificateRequest(commonName: "authority", isAuthority: true)
        request.hasKeyIdentifiers = isStrict
        return try .selfSigned(request)
    }

    @Test(
        "A chain that is not as RFC 5280 wants it is refused where that is asked for, on either side, and nowhere else",
        arguments: [TLSRole.client, .server]
    )
    func strict(_ judge: TLSRole) throws {
        for (isStrictAuthority, isStrictPeer) in [(true, true), (true, false), (false, false)] {
            let authority = try Self.authority(isStrict: isStrictAuthority)
            let good = try Self.identity(authority, isStrict: isStrictAuthority)
            let peer = try Self.identity(authority, isStrict: isStrictPeer)
            for verification in [TLSConfiguration.Verification.full, .strict] {
                func configuration(_ role: TLSRole) -> TLSConfiguration {
                    let own = role == judge ? good : peer
                    return TLSConfiguration(
                        certificate: .identity(own),
                        privateKey: .identity(own),
                        trustRoots: .pem(authority.certificate.pem),
                        verification: role == judge ? verification : .full
                    )
                }
                let handshake = try MemoryHandshake(
                    client: configuration(.client),
                    server: configuration(.server)
                )
                let error = judge == .client ? handshake.client.error : handshake.server.error
                guard case .strict = verification, !isStrictPeer else {
                    #expect(error == nil)
                    continue
                }
                #expect(error?.cause == .certificateRejected)
                #expect(error?.message.contains("Key Identifier") == true, "\(String(describing: error))")
                #expect(error?.hint == "Have it issued as RFC 5280 wants it, or verify less strictly.")
            }
        }
    }

    @Test("A strict client asks for the host's name as well")
    func hostName() throws {
        let authority = try Self.authority()
        let identity = try Self.identity(authority)
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem), verification: .strict),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
            host: "elsewhere.example"
        )
        #expect(handshake.client.error?.cause == .hostnameMismatch)
        let nameless = TLSConfiguration(trustRoots: .pem(authority.certificate.pem), verification: .strict)
        let context = try nameless.context(for: .client)
        #expect(throws: TLSError.self) { try context.makeSSL(peerHost: nil) }
    }
}

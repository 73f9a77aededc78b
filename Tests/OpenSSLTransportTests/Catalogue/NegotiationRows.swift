import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: what the two sides cannot agree on", .tags(.catalogue))
struct NegotiationRows {
    let pki: CataloguePKI

    init() throws { self.pki = try CataloguePKI() }

    private func foundNothing(_ version: String = "only TLS 1.3") -> Expectation {
        Expectation(
            .alertReceived(40),
            "the server found no common ground (alert 40, handshake failure): it may have no cipher suite, group or signature "
                + "algorithm in common with us, lack a certificate itself, or refuse ours",
            hint: "The server's log says which. We speak \(version), the cipher suites",
            alertReceived: 40,
            code: "0A000410"
        )
    }

    @Test("12. No cipher suite is known to both sides, in TLS 1.3")
    func noSharedCipher() throws {
        let handshake = try MemoryHandshake(client: pki.client(), server: pki.server()) { client, server in
            SSL_CTX_set_ciphersuites(client.pointer, "TLS_AES_128_GCM_SHA256")
            SSL_CTX_set_ciphersuites(server.pointer, "TLS_AES_256_GCM_SHA384")
        }
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .noSharedCipher,
                "no cipher suite is known to both sides: ours are TLS_AES_256_GCM_SHA384, and our certificate has a key of the "
                    + "kind EC; the client offers TLS_AES_128_GCM_SHA256",
                hint: "Bring the older side up to date",
                alertSent: 40,
                code: "0A0000C1"
            )
        )
        try expect(handshake.client.error, as: .client, foundNothing())
    }

    @Test("12. No cipher suite goes with the server's kind of certificate, in TLS 1.2")
    func unsuitableCertificate() throws {
        let rsa = try pki.issue(.server(commonName: "honest", key: .rsa(bits: 2048)))
        let handshake = try MemoryHandshake(
            client: pki.client(minimumVersion: .tls12, maximumVersion: .tls12),
            server: pki.server(rsa, minimumVersion: .tls12, maximumVersion: .tls12)
        ) { client, server in
            SSL_CTX_set_cipher_list(client.pointer, "ECDHE-ECDSA-AES128-GCM-SHA256")
            SSL_CTX_set_cipher_list(server.pointer, "ECDHE-ECDSA-AES128-GCM-SHA256")
        }
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .noSharedCipher,
                "no cipher suite is known to both sides: ours are ECDHE-ECDSA-AES128-GCM-SHA256, and our certificate has a key "
                    + "of the kind RSA; the client offers ECDHE-ECDSA-AES128-GCM-SHA256",
                hint: "a certificate of a kind (RSA or EC) that the suite goes with",
                alertSent: 40,
                code: "0A0000C1"
            )
        )
        try expect(handshake.client.error, as: .client, foundNothing("only TLS 1.2"))
    }

    @Test(
        "12. A server without a certificate says so, and not that no cipher suite is shared",
        arguments: [
            TLSVersion.tls12, .tls13,
        ]
    )
    func noCertificate(version: TLSVersion) throws {
        let client = try MemoryParty(
            pki.client(minimumVersion: version, maximumVersion: version).context(for: .client),
            host: "localhost"
        )
        let server = try MemoryParty(pki.server(minimumVersion: version).context(for: .server), host: nil)
        SSL_certs_clear(server.ssl)
        while client.step() || server.step() {
            server.receive(client.takeOutput())
            client.receive(server.takeOutput())
        }
        try expect(
            server.error,
            as: .server,
            Expectation(
                .certificateMissing,
                "the server has no certificate that it could use",
                hint: "Give certificate and privateKey",
                alertSent: version == .tls12 ? 40 : 70,
                code: version == .tls12 ? "0A0000C1" : "0A000102"
            )
        )
        #expect(client.error?.cause == (version == .tls12 ? .alertReceived(40) : .versionMismatch))
    }

    @Test("13. No version of TLS is spoken by both sides: the client is older, or the server is")
    func versionMismatch() throws {
        let oldClient = try MemoryHandshake(
            client: pki.client(minimumVersion: .tls12, maximumVersion: .tls12),
            server: pki.server()
        )
        try expect(
            oldClient.server.error,
            as: .server,
            Expectation(
                .versionMismatch,
                "no version of TLS is spoken by both sides: we speak only TLS 1.3, the client offers at most TLS 1.2",
                hint: "lower minimumVersion to .tls12",
                alertSent: 70,
                code: "0A000102"
            )
        )
        func refused(_ ours: String) -> Expectation {
            Expectation(
                .versionMismatch,
                "the server does not speak our versions of TLS (\(ours)), it says (alert 70, protocol version)",
                hint: "Bring the older side up to date",
                alertReceived: 70,
                code: "0A00042E"
            )
        }
        try expect(oldClient.client.error, as: .client, refused("only TLS 1.2"))

        let oldServer = try MemoryHandshake(
            client: pki.client(),
            server: pki.server(minimumVersion: .tls12, maximumVersion: .tls12)
        )
        try expect(
            oldServer.server.error,
            as: .server,
            Expectation(
                .versionMismatch,
                "no version of TLS is spoken by both sides: we speak only TLS 1.2, the client offers only newer ones",
                hint: "Bring the older side up to date",
                alertSent: 70,
                code: "0A000102"
            )
        )
        try expect(oldServer.client.error, as: .client, refused("only TLS 1.3"))
    }

    @Test("14. No key exchange group is known to both sides")
    func noSharedGroup() throws {
        let handshake = try MemoryHandshake(client: pki.client(), server: pki.server()) { client, _ in
            try client.use(groups: ["X448", "P-521"])
        }
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .noSharedGroup,
                "no key exchange group is known to both sides: ours are \(hasHybridGroup ? "X25519MLKEM768, " : "")X25519, "
                    + "P-256, P-384; the client offers X448, P-521",
                hint: "Let the client offer one of ours",
                alertSent: 40,
                code: "0A000065"
            )
        )
        #expect(handshake.client.error?.cause == .alertReceived(40))
    }

    @Test("15. No signature algorithm suits the server's key")
    func noSharedSignatureAlgorithm() throws {
        let handshake = try MemoryHandshake(client: pki.client(), server: pki.server()) { client, _ in
            try client.use(signatureAlgorithms: ["rsa_pss_rsae_sha256", "ed25519"])
        }
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .noSharedSignatureAlgorithm,
                "the two sides have no signature algorithm in common that suits the certificate 'CN=honest', whose key is of "
                    + "the kind EC, and which its authority has signed with ecdsa-with-SHA256; the client offers rsa_pss_rsae_sha256, ed25519",
                hint: "Use a certificate with a key that the client takes",
                alertSent: 40,
                code: "0A000076"
            )
        )
        try expect(handshake.client.error, as: .client, foundNothing())
    }

    @Test("16. No application protocol is known to both sides")
    func noSharedApplicationProtocol() throws {
        let handshake = try MemoryHandshake(
            client: pki.client(applicationProtocols: ["rpc/2", "rpc/3\n"]),
            server: pki.server(applicationProtocols: ["rpc/1"])
        )
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .alpnMismatch,
                "the client offers none of our application protocols ('rpc/1'), but 'rpc/2', 'rpc/3\\n'",
                hint: "Is the client meant for another service?",
                alertSent: 120,
                code: "0A0000EB"
            )
        )
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .alpnMismatch,
                "the server knows none of the application protocols that we offer ('rpc/2', 'rpc/3\\n')",
                hint: "Is it another service's port?",
                alertReceived: 120,
                code: "0A000460"
            )
        )
    }

    @Test("17. A server does not know the name that the client asks for")
    func nameUnknown() throws {
        let identity = try pki.issue(.server(hosts: ["a.example"]))
        let server = TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            unknownServerNames: .refused
        )
        let handshake = try MemoryHandshake(client: pki.client(), server: server)
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .serverNameUnknown,
                "the client asks for a name that is not served here ('localhost'), but 'a.example'",
                hint: "Have the client dial a name that is, or serve this one",
                alertSent: 112,
                code: "0A0000EA"
            )
        )
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .serverNameUnknown,
                "the server does not know the name that we ask for ('localhost') (alert 112, unrecognized name)",
                hint: "Check the host's name, or set serverName",
                alertReceived: 112,
                code: "0A000458"
            )
        )
    }
}

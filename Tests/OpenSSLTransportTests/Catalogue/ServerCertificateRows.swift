import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: what is wrong with a server's certificate", .tags(.catalogue))
struct ServerCertificateRows {
    let pki: CataloguePKI
    private static let whose = "the server's certificate 'CN=faulty' (issued by 'CN=authority', serial 0A)"

    init() throws { self.pki = try CataloguePKI() }

    private func rejected(_ alert: TLSAlert, _ why: String, code: String) -> Expectation {
        Expectation(
            .certificateRejectedByPeer(alert: alert),
            "the client rejected our certificate 'CN=faulty': \(why) (\(alert))",
            hint: "The client's log says more.",
            alertReceived: alert,
            code: code,
            subject: "CN=faulty"
        )
    }

    @Test("1. A server's certificate has expired")
    func expired() throws {
        let handshake = try pki.handshake(serverShows: pki.issue(CataloguePKI.request(.server, validity: .expired)))
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .certificateExpired,
                "\(Self.whose) has expired: it was valid until DATE; the clock of this host says DATE",
                hint: "Have it renewed",
                alertSent: 45,
                code: "0A000086",
                verification: .init(code: 10, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(handshake.server.error, as: .server, rejected(45, "it has expired", code: "0A000415"))
    }

    @Test("1. A server's certificate has expired, but by the client's wrong clock alone")
    func expiredThere() throws {
        let handshake = try pki.handshake(serverShows: pki.issue(CataloguePKI.request(.server))) { client in
            X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(client.pointer), time(nil) + 100 * 366 * 86_400)
        }
        let why =
            "it has expired, it says; but here it is DATE, and it is valid until DATE: the clock there is wrong, or a "
            + "certificate above it or a revocation list is out of date"
        try expect(handshake.server.error, as: .server, rejected(45, why, code: "0A000415"))
    }

    @Test("2. A server's certificate is not valid yet")
    func notYetValid() throws {
        let handshake = try pki.handshake(serverShows: pki.issue(CataloguePKI.request(.server, validity: .notYet)))
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .certificateNotYetValid,
                "\(Self.whose) is not valid yet: it is valid from DATE; the clock of this host says DATE",
                hint: "Check the clocks of this host",
                alertSent: 42,
                code: "0A000086",
                verification: .init(code: 9, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            rejected(
                42,
                "it is bad, or one above it is (not valid yet, too weak, or for another name)",
                code: "0A000412"
            )
        )
    }

    @Test("3. A server's certificate is for other names, and its common name does not count")
    func wrongHost() throws {
        var request = CataloguePKI.request(.server, hosts: ["db1.internal", "10.0.0.1"])
        let named = try pki.handshake(serverShows: pki.issue(request), host: "db2.internal")
        try expect(
            named.client.error,
            as: .client,
            Expectation(
                .hostnameMismatch,
                "\(Self.whose) is not for 'db2.internal': it is for [DNS:db1.internal, IP:10.0.0.1]",
                hint: "Connect by one of its names, set serverName",
                alertSent: 42,
                code: "0A000086",
                verification: .init(code: 62, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            named.server.error,
            as: .server,
            rejected(
                42,
                "it is bad, or one above it is (not valid yet, too weak, or for another name)",
                code: "0A000412"
            )
        )
        request.alternativeNames = []
        let nameless = try pki.handshake(serverShows: pki.issue(request), host: "faulty")
        #expect(
            nameless.client.error?.message
                == "\(Self.whose) is not for 'faulty': it names nobody (a common name does not count)"
        )
    }

    @Test("4. A server's certificate is for another IP address, and DNS names do not count")
    func wrongAddress() throws {
        let request = CataloguePKI.request(.server, hosts: ["localhost", "10.0.0.1"])
        let handshake = try pki.handshake(serverShows: pki.issue(request), host: "10.0.0.2")
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .hostnameMismatch,
                "\(Self.whose) is not for IP address '10.0.0.2': it is for [DNS:localhost, IP:10.0.0.1]",
                hint: "DNS names do not count for an IP address",
                alertSent: 42,
                code: "0A000086",
                verification: .init(code: 64, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            rejected(
                42,
                "it is bad, or one above it is (not valid yet, too weak, or for another name)",
                code: "0A000412"
            )
        )
    }

    @Test("5. A server's certificate is signed by an unknown authority, or its intermediate one is missing")
    func unknownAuthority() throws {
        let stranger = try TestAuthority(name: "stranger")
        let handshake = try pki.handshake(serverShows: stranger.issue(CataloguePKI.request(.server)))
        let trust = "the trusted certificates, 1 in number (trust roots from PEM text in memory)"
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .unknownAuthority,
                "the server's certificate 'CN=faulty' (issued by 'CN=stranger', serial 0A) is signed by 'CN=stranger', which is "
                    + "none of \(trust)",
                hint: "must send its intermediate certificates too",
                alertSent: 48,
                code: "0A000086",
                verification: .init(code: 20, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            rejected(48, "it does not know the authority that signed it, or that one may not sign it", code: "0A000418")
        )

        var withRoot = try stranger.issue(CataloguePKI.request(.server))
        withRoot.chain.append(stranger.certificate)
        try expect(
            pki.handshake(serverShows: withRoot).client.error,
            as: .client,
            Expectation(
                .unknownAuthority,
                "the server's chain ends in the root 'CN=stranger', which is none of \(trust)",
                hint: "If this root is the right one, add it to trustRoots",
                alertSent: 48,
                code: "0A000086",
                verification: .init(code: 19, depth: 1),
                subject: "CN=stranger"
            )
        )
    }

    @Test("6. A server's certificate signed itself")
    func selfSigned() throws {
        let handshake = try pki.handshake(serverShows: Identity.selfSigned(CataloguePKI.request(.server)))
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .selfSigned,
                "the server's certificate 'CN=faulty' (issued by 'CN=faulty', serial 0A) signed itself and is none of the trusted "
                    + "certificates, 1 in number (trust roots from PEM text in memory); its SHA-256 is HASH",
                hint: "add it to trustRoots",
                alertSent: 48,
                code: "0A000086",
                verification: .init(code: 18, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            rejected(48, "it does not know the authority that signed it, or that one may not sign it", code: "0A000418")
        )
    }

    @Test("8. A server's certificate is for another purpose")
    func wrongPurpose() throws {
        let handshake = try pki.handshake(serverShows: pki.issue(CataloguePKI.request(.client)))
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .wrongCertificatePurpose,
                "\(Self.whose) may not be used by a server: it needs the extended key usage serverAuth and has [clientAuth]",
                hint: "Have it issued for this use",
                alertSent: 43,
                code: "0A000086",
                verification: .init(code: 26, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            rejected(43, "it is of the wrong kind, or for another purpose", code: "0A000413")
        )
    }

    @Test("26. A key is too weak: as a peer's, and as one's own")
    func weakKey() throws {
        let weak = try pki.issue(CataloguePKI.request(.server, key: .rsa(bits: 1024)))
        let handshake = try pki.handshake(serverShows: weak)
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .certificateTooWeak,
                "\(Self.whose) is too weak for OpenSSL's security level 2: EE certificate key too weak; its key is RSA with 1024 "
                    + "bits, its signature ecdsa-with-SHA256",
                hint: "RSA with 2048 bits or more",
                alertSent: 42,
                code: "0A000086",
                verification: .init(code: 66, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            rejected(
                42,
                "it is bad, or one above it is (not valid yet, too weak, or for another name)",
                code: "0A000412"
            )
        )
        try expect(
            #expect(throws: TLSError.self) { try pki.server(weak).validate(for: .server) },
            as: .server,
            Expectation(
                .certificateTooWeak,
                phase: .configuration,
                "the certificate (PEM text in memory) is too weak for OpenSSL's security level 2: the key of 'CN=faulty' has 1024 "
                    + "bits, or its signature uses an old digest",
                hint: "Make a key of EC P-256",
                code: "0A00018F",
                subject: "CN=faulty"
            )
        )
    }

    @Test("27. A chain is larger than is taken")
    func chainTooLarge() throws {
        var request = CataloguePKI.request(.server)
        request.additionalExtensions = [
            RawExtension(objectIdentifier: "1.2.3.4", value: Array(repeating: 0, count: 40_000))
        ]
        let handshake = try pki.handshake(serverShows: pki.issue(request))
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .handshakeTooLarge,
                "the server sends a handshake message that is larger than we take",
                hint: "may have 32 KiB and 4 intermediate certificates",
                alertSent: 47,
                code: "0A000098"
            )
        )
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .alertReceived(47),
                "the client ended it with an alert (alert 47, illegal parameter)",
                hint: "The client's log says more",
                alertReceived: 47,
                code: "0A000417"
            )
        )
    }
}

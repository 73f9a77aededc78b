import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Which certificates are taken for which host")
struct HostNameTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var host: String
        var names: [AlternativeName]
        var commonName = "nobody"
        var isTaken: Bool
        /// What the connection says was verified, if it is taken.
        var verified: String?

        var testDescription: String { "\(self.host) by \(self.names), CN \(self.commonName)" }
    }

    static let cases: [Case] = [
        Case(host: "db.example.com", names: [.dns("db.example.com")], isTaken: true, verified: "db.example.com"),
        Case(host: "DB.Example.COM", names: [.dns("db.example.com")], isTaken: true, verified: "DB.Example.COM"),
        Case(host: "db.example.com", names: [.dns("DB.EXAMPLE.com")], isTaken: true, verified: "db.example.com"),
        Case(host: "db.example.com.", names: [.dns("db.example.com")], isTaken: true, verified: "db.example.com"),
        Case(
            host: "db.example.com",
            names: [.dns("other"), .dns("db.example.com")],
            isTaken: true,
            verified: "db.example.com"
        ),
        Case(host: "db.example.com", names: [.dns("other.example.com")], isTaken: false),
        Case(host: "example.com", names: [.dns("db.example.com")], isTaken: false),
        Case(host: "db.example.com", names: [.dns("example.com")], isTaken: false),
        // A common name never counts, be there alternative names or not.
        Case(host: "db.example.com", names: [.dns("other")], commonName: "db.example.com", isTaken: false),
        Case(host: "db.example.com", names: [], commonName: "db.example.com", isTaken: false),
        Case(host: "db.example.com", names: [.uri("spiffe://a/b")], commonName: "db.example.com", isTaken: false),
        Case(host: "db.example.com", names: [.ip("127.0.0.1")], commonName: "db.example.com", isTaken: false),
        // Wildcards stand for one whole label, the first, below at least two more.
        Case(host: "db.example.com", names: [.dns("*.example.com")], isTaken: true, verified: "db.example.com"),
        Case(host: "a.db.example.com", names: [.dns("*.example.com")], isTaken: false),
        Case(host: "example.com", names: [.dns("*.example.com")], isTaken: false),
        Case(host: "abc.example.com", names: [.dns("a*.example.com")], isTaken: false),
        Case(host: "abc.example.com", names: [.dns("*c.example.com")], isTaken: false),
        Case(host: "db.example.com", names: [.dns("db.*.com")], isTaken: false),
        Case(host: "example.com", names: [.dns("*.com")], isTaken: false),
        Case(host: "localhost", names: [.dns("*")], isTaken: false),
        Case(host: "example.com", names: [.dns("*.*")], isTaken: false),
        // International names are compared in their ASCII form.
        Case(
            host: "xn--bcher-kva.example",
            names: [.dns("xn--bcher-kva.example")],
            isTaken: true,
            verified: "xn--bcher-kva.example"
        ),
        // What follows a NUL is part of the name.
        Case(host: "good.com", names: [.dns("good.com\0.evil.com")], isTaken: false),
        Case(host: "good.com", names: [.dns("good.com\n")], isTaken: false),
        // Addresses count as addresses only, names as names only.
        Case(host: "127.0.0.1", names: [.ip("127.0.0.1")], isTaken: true, verified: "127.0.0.1"),
        Case(host: "127.0.0.1", names: [.dns("127.0.0.1")], isTaken: false),
        Case(host: "127.0.0.1", names: [.dns("localhost")], commonName: "127.0.0.1", isTaken: false),
        Case(host: "127.0.0.1", names: [.ip("127.0.0.2")], isTaken: false),
        Case(host: "127.0.0.1", names: [.raw(tag: 0x87, [127, 0, 0])], isTaken: false),
        Case(host: "127.0.0.1", names: [.raw(tag: 0x87, [127, 0, 0, 1, 0])], isTaken: false),
        Case(host: "localhost", names: [.ip("127.0.0.1")], isTaken: false),
        Case(host: "::1", names: [.ip("::1")], isTaken: true, verified: "::1"),
        Case(host: "[::1]", names: [.ip("::1")], isTaken: true, verified: "::1"),
        Case(host: "fe80::1%eth0", names: [.ip("fe80::1")], isTaken: true, verified: "fe80::1"),
        Case(host: "[fe80::1%eth0]", names: [.ip("fe80::1")], isTaken: true, verified: "fe80::1"),
        Case(host: "2001:DB8:0::1", names: [.ip("2001:db8::1")], isTaken: true, verified: "2001:db8::1"),
        Case(host: "::1", names: [.ip("::2")], isTaken: false),
        Case(host: "::ffff:127.0.0.1", names: [.ip("127.0.0.1")], isTaken: false),
    ]

    @Test("A certificate is taken for the hosts that it names, and for no others", arguments: Self.cases)
    func certificateIsTakenForItsHosts(_ test: Case) throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(
            CertificateRequest(commonName: test.commonName, alternativeNames: test.names, purposes: [.server])
        )
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem)),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
            host: test.host
        )
        if test.isTaken {
            #expect(handshake.client.information?.verifiedName == test.verified)
            #expect(handshake.client.information?.isPeerVerified == true)
            #expect(handshake.server.information != nil)
        } else {
            let error = try #require(handshake.client.error)
            #expect(error.cause == .hostnameMismatch)
            #expect(handshake.server.error?.cause == .certificateRejectedByPeer(alert: 42))
        }
    }

    @Test("The error for a wrong name says what was asked for and what the certificate is for")
    func wrongNameIsExplained() throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server(hosts: ["db1.example", "db2.example"]))
        func error(_ host: String) throws -> String {
            let handshake = try MemoryHandshake(
                client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem)),
                server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
                host: host
            )
            return "\(try #require(handshake.client.error))"
        }
        let byName = try error("db3.example")
        #expect(byName.contains("is not for 'db3.example'"))
        #expect(byName.contains("[DNS:db1.example, DNS:db2.example]"))
        let byAddress = try error("10.0.0.1")
        #expect(byAddress.contains("is not for IP address '10.0.0.1'"))
        #expect(byAddress.contains("DNS names do not count for an IP address"))
    }

    @Test("The configuration's server name is asked for and verified instead of the host")
    func serverNameOverridesHost() throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server(hosts: ["db.example"]))
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem), serverName: "db.example"),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
            host: "127.0.0.1"
        )
        #expect(handshake.client.information?.verifiedName == "db.example")
        #expect(handshake.server.information?.serverName == "db.example")
    }

    @Test(
        "SNI carries DNS names without their trailing dot, and never an address",
        arguments: [
            ("db.example", "db.example"), ("db.example.", "db.example"), ("127.0.0.1", nil), ("::1", nil),
            ("[::1]", nil),
        ] as [(String, String?)]
    )
    func serverNameIndication(_ host: String, _ expected: String?) throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server(hosts: ["db.example", "127.0.0.1", "::1"]))
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(authority.certificate.pem)),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
            host: host
        )
        let server = try handshake.server.get()
        #expect(server.serverName == expected)
    }

    @Test(
        "Hosts that nobody can have are refused before anything is sent",
        arguments: [
            "", ".", "..", ".example.com", "a..b", "db.example.com..", "a\0b", "db.example:5555", "a b",
            "*.example.com",
            "bücher.example", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "a/b", "-\n",
            String(repeating: "a", count: 64),
            Array(repeating: "abcdefg", count: 40).joined(separator: "."), "[127.0.0.1]", "user@host",
        ]
    )
    func impossibleHostIsRefused(_ host: String) throws {
        let authority = try TestAuthority()
        let context = try TLSConfiguration(trustRoots: .pem(authority.certificate.pem)).context(for: .client)
        let error = #expect(throws: TLSError.self) { _ = try context.makeSSL(peerHost: host) }
        #expect(error?.cause == .invalidConfiguration)
        let configuration = TLSConfiguration(trustRoots: .pem(authority.certificate.pem), serverName: host)
        #expect(throws: TLSError.self) { try configuration.validate(for: .client) }
    }

    @Test("Without any host name there is no connection, unless the check is turned off")
    func missingHostIsRefused() throws {
        let authority = try TestAuthority()
        let strict = try TLSConfiguration(trustRoots: .pem(authority.certificate.pem)).context(for: .client)
        #expect(throws: TLSError.self) { _ = try strict.makeSSL(peerHost: nil) }
        let identity = try authority.issue(.server(hosts: ["db.example"]))
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                trustRoots: .pem(authority.certificate.pem),
                verification: .dangerouslyWithoutHostname
            ),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
            host: nil
        )
        let information = try handshake.client.get()
        #expect(information.isPeerVerified)
        #expect(information.verifiedName == nil)
    }
}

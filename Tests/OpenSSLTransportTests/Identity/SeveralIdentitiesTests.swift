import COpenSSL
import Foundation
import NIOCore
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Several certificates of one side")
struct SeveralIdentitiesTests {
    private let pki: CataloguePKI
    /// One whose own key is of RSA: clients want algorithms that they take for the authority's signature, too.
    private let authorityOfRSA: TestAuthority

    init() throws {
        self.pki = try CataloguePKI()
        self.authorityOfRSA = try TestAuthority(key: .rsa(bits: 2048))
    }

    private func identity(_ hosts: String...) throws -> Identity { try self.pki.issue(.server(hosts: hosts)) }

    private func identityOfRSA(_ host: String) throws -> Identity {
        try self.authorityOfRSA.issue(.server(hosts: [host], key: .rsa(bits: 2048)))
    }

    private static let algorithmsOfRSA = ["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"]
    private static let algorithmsOfEC = ["ecdsa_secp256r1_sha256"]

    private var trust: TLSConfiguration.TrustRoots {
        [self.pki.trust, .pem(self.authorityOfRSA.certificate.pem)]
    }

    private func server(
        _ own: Identity,
        _ others: [TLSConfiguration.Identity],
        unknown: TLSConfiguration.UnknownServerNames = .accepted
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(own),
            privateKey: .identity(own),
            minimumVersion: .tls12,
            otherIdentities: others,
            unknownServerNames: unknown
        )
    }

    private func other(_ identity: Identity, names: [String]? = nil) -> TLSConfiguration.Identity {
        TLSConfiguration.Identity(certificate: .identity(identity), privateKey: .identity(identity), serverNames: names)
    }

    private func client(
        signatureAlgorithms: [String] = [],
        verification: TLSConfiguration.Verification = .full,
        version: TLSVersion = .tls13
    ) -> TLSConfiguration {
        TLSConfiguration(
            trustRoots: self.trust,
            verification: verification,
            minimumVersion: version,
            maximumVersion: version,
            algorithms: TLSConfiguration.Algorithms(signatureAlgorithms: signatureAlgorithms)
        )
    }

    private func shown(_ handshake: MemoryHandshake) throws -> [UInt8] {
        try #require(try handshake.client.get().peerCertificate).sha256Fingerprint
    }

    @Test("A server shows the certificate for the name that is asked for", arguments: [TLSVersion.tls12, .tls13])
    func byName(version: TLSVersion) throws {
        let own = try self.identity("a.example")
        let second = try self.identity("b.example", "c.example")
        let wildcard = try self.identity("*.wild.example")
        let exact = try self.identity("one.wild.example")
        let server = self.server(own, [second, wildcard, exact].map { self.other($0) })
        for (host, expected) in [
            ("a.example", own), ("b.example", second), ("C.Example", second), ("b.example.", second),
            ("any.wild.example", wildcard), ("one.wild.example", exact),
        ] {
            let handshake = try MemoryHandshake(client: self.client(version: version), server: server, host: host)
            #expect(try self.shown(handshake) == expected.certificate.fingerprint, "\(host)")
            #expect(try handshake.client.get().verifiedName != nil)
        }
    }

    @Test(
        "Its own is for all other names, and for clients that ask for none",
        arguments: ["x.example", "two.deep.wild.example", "127.0.0.1"]
    )
    func byDefault(host: String) throws {
        let own = try self.identity("a.example")
        let server = self.server(own, [self.other(try self.identity("*.wild.example"))])
        let client = self.client(verification: .dangerouslyWithoutHostname)
        let handshake = try MemoryHandshake(client: client, server: server, host: host)
        #expect(try self.shown(handshake) == own.certificate.fingerprint)
    }

    @Test("A server may refuse names that it has no certificate for, and both sides learn that")
    func refused() throws {
        let server = self.server(
            try self.identity("a.example"),
            [self.other(try self.identity("b.example"))],
            unknown: .refused
        )
        let handshake = try MemoryHandshake(client: self.client(), server: server, host: "x.example")
        let error = try #require(handshake.server.error)
        #expect(error.cause == .serverNameUnknown)
        #expect(
            error.message
                == "the client asks for a name that is not served here ('x.example'), but 'a.example', 'b.example'"
        )
        #expect(error.alertSent == 112)
        #expect(handshake.client.error?.cause == .serverNameUnknown)
        // Who dials an address asks for no name.
        let client = self.client(verification: .dangerouslyWithoutHostname)
        #expect(try MemoryHandshake(client: client, server: server, host: "127.0.0.1").client.get().isPeerVerified)
        for name in ["a.example", "b.example"] {
            #expect(try MemoryHandshake(client: self.client(), server: server, host: name).client.get().isPeerVerified)
        }
    }

    @Test("One certificate may refuse other names, too")
    func refusedWithOne() throws {
        let server = self.server(try self.identity("a.example"), [], unknown: .refused)
        let good = try MemoryHandshake(client: self.client(), server: server, host: "a.example")
        #expect(try good.client.get().isPeerVerified)
        let bad = try MemoryHandshake(client: self.client(), server: server, host: "x.example")
        #expect(bad.server.error?.cause == .serverNameUnknown)
    }

    @Test("Among certificates for one name the client's algorithms choose, for a name of the others as for the own")
    func byKey() throws {
        let (ownEC, ownRSA) = (try self.identity("a.example"), try self.identityOfRSA("a.example"))
        let (otherEC, otherRSA) = (try self.identity("b.example"), try self.identityOfRSA("b.example"))
        let server = self.server(ownEC, [ownRSA, otherEC, otherRSA].map { self.other($0) })
        let (ec, rsa) = (Self.algorithmsOfEC, Self.algorithmsOfRSA)
        for (host, algorithms, expected) in [
            ("a.example", ec, ownEC), ("a.example", rsa, ownRSA), ("b.example", ec, otherEC),
            ("b.example", rsa, otherRSA),
        ] {
            let client = self.client(signatureAlgorithms: algorithms)
            let handshake = try MemoryHandshake(client: client, server: server, host: host)
            #expect(try self.shown(handshake) == expected.certificate.fingerprint, "\(host) \(algorithms[0])")
        }
    }

    @Test("Names that one gives count instead of those of the certificate")
    func givenNames() throws {
        let own = try self.identity("a.example")
        let other = try self.identity("b.example")
        let server = self.server(own, [self.other(other, names: ["X.example", "*.y.example"])])
        let client = self.client(verification: .dangerouslyWithoutHostname)
        for (host, expected) in [("x.example", other), ("z.y.example", other), ("b.example", own)] {
            let handshake = try MemoryHandshake(client: client, server: server, host: host)
            #expect(try self.shown(handshake) == expected.certificate.fingerprint, "\(host)")
        }
    }

    @Test("A client shows the certificate whose algorithm the server can verify")
    func ofClient() throws {
        let ec = try self.pki.issue(.client(commonName: "ec"))
        let rsa = try self.authorityOfRSA.issue(.client(commonName: "rsa", key: .rsa(bits: 2048)))
        let client = TLSConfiguration(
            certificate: .identity(ec),
            privateKey: .identity(ec),
            trustRoots: self.trust,
            otherIdentities: [self.other(rsa)]
        )
        for (algorithms, own, expected) in [
            (Self.algorithmsOfEC, try self.identity("localhost"), ec),
            (Self.algorithmsOfRSA, try self.identityOfRSA("localhost"), rsa),
        ] {
            let server = TLSConfiguration(
                certificate: .identity(own),
                privateKey: .identity(own),
                trustRoots: self.trust,
                algorithms: TLSConfiguration.Algorithms(signatureAlgorithms: algorithms)
            )
            let handshake = try MemoryHandshake(client: client, server: server)
            let shown = try #require(try handshake.server.get().peerCertificate)
            #expect(shown.sha256Fingerprint == expected.certificate.fingerprint, "\(algorithms[0])")
        }
    }

    @Test("Each is sent with its own OCSP response")
    func staples() throws {
        let (own, second) = (try self.identity("a.example"), try self.identity("b.example"))
        let responder = Responder(self.pki.issuer)
        func response(_ identity: Identity) throws -> TLSConfiguration.OCSPResponse {
            .der(try responder.answer(about: identity.certificate))
        }
        let root = self.pki.issuer.certificate.pem
        let server = TLSConfiguration(
            certificate: .pem(own.chainPEM + root),
            privateKey: .identity(own),
            ocspResponse: try response(own),
            otherIdentities: [
                TLSConfiguration.Identity(
                    certificate: .pem(second.chainPEM + root),
                    privateKey: .identity(second),
                    ocspResponse: try response(second)
                )
            ]
        )
        let client = TLSConfiguration(trustRoots: self.pki.trust, ocspStapling: .required)
        for host in ["a.example", "b.example"] {
            #expect(try MemoryHandshake(client: client, server: server, host: host).client.get().verifiedName == host)
        }
    }

    @Test("A session for one name is not resumed for another")
    func resumption() throws {
        let own = try self.identity("a.example")
        let second = try self.identity("b.example")
        let server = TLSConfiguration(
            certificate: .identity(own),
            privateKey: .identity(own),
            resumption: .tickets(),
            otherIdentities: [self.other(second)]
        )
        let client = TLSConfiguration(trustRoots: self.pki.trust, resumption: .tickets())
        func isResumed(_ host: String) throws -> Bool {
            try MemoryHandshake(client: client, server: server, host: host).client.get().isResumed
        }
        #expect(try !isResumed("a.example"))
        #expect(try !isResumed("b.example"))
        #expect(try isResumed("a.example"))
        #expect(try isResumed("b.example"))
    }

    @Test("A reload replaces all of them together, and tells of a change of the others", arguments: [true, false])
    func reload(isValid: Bool) throws {
        let directory = try TemporaryDirectory()
        let own = try self.identity("a.example")
        let old = try self.identity("b.example")
        let path = try directory.write(old.chainPEM + old.privateKey.pem, "b.pem")
        let server = self.server(own, [TLSConfiguration.Identity(certificate: .file(path))])
        func shown() throws -> [UInt8] {
            try self.shown(MemoryHandshake(client: self.client(), server: server, host: "b.example"))
        }
        #expect(try shown() == old.certificate.fingerprint)
        #expect(server.filePaths == [path])
        let new = try self.identity("b.example")
        _ = try directory.write(new.chainPEM + (isValid ? new : old).privateKey.pem, "b.pem")
        if isValid {
            #expect(try server.reload().changesCertificate)
            #expect(try shown() == new.certificate.fingerprint)
        } else {
            let error = #expect(throws: TLSError.self) { try server.reload() }
            #expect(error?.cause == .keyMismatch)
            #expect(try shown() == old.certificate.fingerprint)
        }
    }

    @Test("What could never be shown, or by nobody, is refused")
    func faults() throws {
        let own = try self.identity("a.example", "b.example")
        let sameName = try self.identity("b.example")
        let nameless = try self.pki.issue(.server(commonName: "x", hosts: ["10.0.0.1"]))
        let weak = try self.pki.issue(.server(hosts: ["c.example"], key: .rsa(bits: 1024)))
        let good = try self.identity("c.example")
        let stranger = try self.identity("c.example")
        let foreignKey = TLSConfiguration.Identity(certificate: .identity(good), privateKey: .identity(stranger))
        for (other, words) in [
            (
                self.other(sameName),
                "can never be shown: one before it has a key of the same kind (EC), and all its names"
            ),
            (self.other(nameless), "can never be shown: its certificate is for no DNS name"),
            (self.other(weak), "is too weak"),
            (self.other(good, names: ["10.0.0.1"]), "is an IP address, for which no client asks"),
            (self.other(good, names: ["*.bad_.."]), "has an empty part"),
            (foreignKey, "is for another key"),
        ] {
            let error = #expect(throws: TLSError.self) { try self.server(own, [other]).validate(for: .server) }
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            #expect(error?.hint.isEmpty == false)
        }
        let client = TLSConfiguration(
            certificate: .identity(own),
            privateKey: .identity(own),
            trustRoots: self.pki.trust,
            otherIdentities: [self.other(good)]
        )
        let ofClient = #expect(throws: TLSError.self) { try client.validate(for: .client) }
        #expect(ofClient?.message.contains("has a key of the same kind (EC)") == true)
        let lonely = TLSConfiguration(trustRoots: self.pki.trust, otherIdentities: [self.other(good)])
        for role in [TLSRole.client, .server] {
            let error = #expect(throws: TLSError.self) { try lonely.validate(for: role) }
            #expect(error?.cause == .certificateMissing)
        }
    }

    @Test("s_client gets the certificate for its name")
    func foreign() async throws {
        let (own, second) = (try self.identity("a.example"), try self.identity("b.example"))
        let server = try await LoopbackServer(self.server(own, [self.other(second)])) { Echo() }
        let port = server.port
        let directory = try TemporaryDirectory()
        let roots = try directory.write(self.pki.issuer.certificate.pem, "roots.pem")
        try await blocking {
            for name in ["a.example", "b.example"] {
                let client = try OpenSSLCommand([
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", roots, "-servername", name,
                    "-verify_hostname", name,
                    "-verify_return_error",
                ])
                try client.expect("Verify return code: 0 (ok)")
                try client.say("Q\n")
                _ = try client.finish()
            }
        }
        try await server.close()
    }
}

extension SeveralIdentitiesTests {
    @Test("An identity is printed without its passphrase")
    func printed() {
        let identity = TLSConfiguration.Identity(certificate: "a.pem", privateKey: "a.key", passphrase: "S3cret")
        var dumped = ""
        dump([identity], to: &dumped)
        for text in ["\(identity)", "\([identity])", String(reflecting: identity), dumped] {
            #expect(!text.contains("S3cret"))
            #expect(text.contains("a.pem") || text == dumped)
        }
    }
}

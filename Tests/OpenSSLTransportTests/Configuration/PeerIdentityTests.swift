import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Who the peer is")
struct PeerIdentityTests {
    private let root: TestAuthority
    private let intermediate: TestAuthority
    private let server: Identity
    private let client: Identity

    init() throws {
        self.root = try TestAuthority(name: "root")
        self.intermediate = try self.root.intermediate(name: "intermediate")
        self.server = try self.intermediate.issue(.server())
        self.client = try self.intermediate.issue(.client(commonName: "caller"))
    }

    private func configuration(
        _ identity: Identity?,
        roots: TLSConfiguration.TrustRoots? = nil,
        clientCertificates: TLSConfiguration.ClientCertificates = .automatic,
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: identity.map { .identity($0) },
            privateKey: identity.map { .identity($0) },
            trustRoots: roots ?? .pem(self.root.certificate.pem),
            clientCertificates: clientCertificates,
            resumption: resumption
        )
    }

    private func subjects(_ outcome: MemoryHandshake.Outcome) throws -> [String] {
        try outcome.get().peerChain.map(\.subject)
    }

    @Test("The chain has the peer first, then its issuers, up to the root that is trusted, on both sides")
    func wholeChain() throws {
        let handshake = try MemoryHandshake(
            client: self.configuration(self.client),
            server: self.configuration(self.server)
        )
        #expect(try self.subjects(handshake.client) == ["CN=localhost", "CN=intermediate", "CN=root"])
        #expect(try self.subjects(handshake.server) == ["CN=caller", "CN=intermediate", "CN=root"])
        let information = try handshake.server.get()
        #expect(information.peerCertificate == information.peerChain.first)
        #expect(information.peerChain.last?.sha256Fingerprint == self.root.certificate.fingerprint)
    }

    @Test("It ends where trust begins, be that an intermediate authority or the peer itself")
    func partialChain() throws {
        for (roots, expected) in [
            (self.intermediate.certificate.pem, ["CN=localhost", "CN=intermediate"]),
            (self.server.certificate.pem, ["CN=localhost"]),
        ] {
            let handshake = try MemoryHandshake(
                client: self.configuration(self.client, roots: .pem(roots)),
                server: self.configuration(self.server)
            )
            #expect(try self.subjects(handshake.client) == expected)
        }
    }

    @Test("After a resumption it is the peer's own certificate alone")
    func resumed() throws {
        let client = self.configuration(self.client, resumption: .tickets())
        let server = self.configuration(self.server, resumption: .tickets())
        _ = try MemoryHandshake(client: client, server: server)
        let handshake = try MemoryHandshake(client: client, server: server)
        #expect(try handshake.server.get().isResumed)
        #expect(try self.subjects(handshake.client) == ["CN=localhost"])
        #expect(try self.subjects(handshake.server) == ["CN=caller"])
        #expect(try handshake.server.get().isPeerVerified)
    }

    @Test("It is empty where nothing was shown")
    func nothingShown() throws {
        let handshake = try MemoryHandshake(
            client: self.configuration(nil),
            server: self.configuration(self.server, clientCertificates: .optional)
        )
        #expect(try handshake.server.get().peerChain.isEmpty)
        #expect(try handshake.server.get().peerCertificate == nil)
    }

    @Test("Where nothing is verified it is the peer's own certificate alone, whatever came with it")
    func notVerified() throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(self.root.certificate.pem), verification: .dangerouslyNone),
            server: self.configuration(self.server, clientCertificates: .none)
        )
        #expect(try self.subjects(handshake.client) == ["CN=localhost"])
        #expect(try !handshake.client.get().isPeerVerified)
    }

    @Test("Other names are told by their type, and identifiers whole, however long")
    func otherNames() throws {
        let userPrincipalName: [UInt8] = [0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x14, 0x02, 0x03]
        let value: [UInt8] = [0x0C, 0x03] + Array("a@b".utf8)
        let content = userPrincipalName + [0xA0, UInt8(value.count)] + value
        let arcs = (0..<100).map { _ in UInt8(1) }
        var request = CertificateRequest.client()
        request.alternativeNames = [
            .raw(tag: 0xA0, content), .raw(tag: 0x88, [0x2A] + arcs), .raw(tag: 0x88, [0x2A] + arcs + [2]),
            .raw(tag: 0xA0, [0x06, 0x00]),
        ]
        let client = try self.root.issue(request)
        let certificate = try #require(client.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let names = TLSPeerCertificate(certificate.pointer, in: nil).subjectAlternativeNames
        // The last one is broken, and with it the whole extension.
        #expect(names.isEmpty)

        request.alternativeNames.removeLast()
        let whole = try self.root.issue(request)
        let x509 = try #require(whole.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let long = "1.2" + String(repeating: ".1", count: 100)
        #expect(
            TLSPeerCertificate(x509.pointer, in: nil).subjectAlternativeNames == [
                .otherName(type: "1.3.6.1.4.1.311.20.2.3", value: value), .registeredID(long),
                .registeredID(long + ".2"),
            ]
        )
        #expect("\(TLSPeerCertificate(x509.pointer, in: nil))".contains("other 1.3.6.1.4.1.311.20.2.3:"))
    }
}

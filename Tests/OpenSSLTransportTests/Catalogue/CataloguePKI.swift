import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

/// An authority, and handshakes between parties that it has signed for, but for one fault of one of them.
struct CataloguePKI {
    let issuer: Identity
    let authority: TestAuthority

    init() throws {
        self.issuer = try Identity.selfSigned(
            CertificateRequest(commonName: "authority", key: .p256, isAuthority: true)
        )
        self.authority = TestAuthority(signingAs: self.issuer)
    }

    var trust: TLSConfiguration.TrustRoots { .pem(self.issuer.certificate.pem) }

    /// A request that names the certificate so that sentences about it are the same in every run.
    static func request(
        _ purpose: Purpose,
        validity: Validity = .days(397),
        key: KeyKind = .p256,
        hosts: [String] = ["localhost"]
    ) -> CertificateRequest {
        CertificateRequest(
            commonName: "faulty",
            alternativeNames: hosts.map(AlternativeName.init(host:)),
            purposes: [purpose],
            validity: validity,
            key: key,
            serialNumber: [0x0A]
        )
    }

    /// Issued by the authority, without the authority itself in the chain.
    func issue(_ request: CertificateRequest) throws -> Identity {
        var identity = try self.authority.issue(request)
        identity.chain.removeAll { $0.der == self.issuer.certificate.der }
        return identity
    }

    func client(
        _ identity: Identity? = nil,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil,
        applicationProtocols: [String] = []
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: identity.map { .identity($0) },
            privateKey: identity.map { .identity($0) },
            trustRoots: self.trust,
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            applicationProtocols: applicationProtocols
        )
    }

    func server(
        _ identity: Identity? = nil,
        asksClients: Bool = false,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil,
        applicationProtocols: [String] = []
    ) throws -> TLSConfiguration {
        let identity = try identity ?? self.issue(.server(commonName: "honest"))
        return TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            trustRoots: asksClients ? self.trust : nil,
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            applicationProtocols: applicationProtocols
        )
    }

    /// A handshake in which the server shows `identity`, whatever is wrong with it.
    func handshake(
        serverShows identity: Identity,
        host: String = "localhost",
        prepare: (_ client: TLSContext) throws -> Void = { _ in }
    ) throws -> MemoryHandshake {
        let honest = try self.issue(.server(key: Self.key(like: identity)))
        return try MemoryHandshake(
            client: self.client(),
            server: self.server(honest),
            host: host,
            prepare: { client, server in
                try server.present(identity)
                try prepare(client)
            }
        )
    }

    /// The same of a client; the server asks for a certificate.
    func handshake(
        clientShows identity: Identity,
        version: TLSVersion = .tls13,
        prepare: (_ server: TLSContext) throws -> Void = { _ in }
    ) throws -> MemoryHandshake {
        let honest = try self.issue(.client(key: Self.key(like: identity)))
        return try MemoryHandshake(
            client: self.client(honest, minimumVersion: version, maximumVersion: version),
            server: self.server(asksClients: true, minimumVersion: version),
            prepare: { client, server in
                try client.present(identity)
                try prepare(server)
            }
        )
    }

    /// A context has one certificate for each kind of key: only one of the same kind is replaced by another.
    private static func key(like identity: Identity) -> KeyKind {
        if case .rsa = identity.privateKey.kind { .rsa(bits: 2048) } else { identity.privateKey.kind }
    }
}

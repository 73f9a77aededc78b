import SecureChannel
import TestCertificates

/// Makes the two sides of mutual TLS that one authority vouches for, each with a configuration of its own to reload.
struct Party: Sendable {
    let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    var roots: TLSConfiguration.TrustRoots { .pem(authority.certificate.pem) }

    func configuration(
        _ identity: Identity?,
        clientCertificates: TLSConfiguration.ClientCertificates = .automatic,
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: identity.map { .pem($0.chainPEM) },
            privateKey: identity.map { .pem($0.privateKey.pem) },
            trustRoots: roots,
            clientCertificates: clientCertificates,
            serverName: "localhost",
            resumption: resumption
        )
    }

    func server(
        by issuer: TestAuthority? = nil,
        validity: Validity = .days(10),
        clientCertificates: TLSConfiguration.ClientCertificates = .automatic,
        resumption: TLSConfiguration.Resumption = .off
    ) throws -> TLSConfiguration {
        configuration(
            try (issuer ?? authority).issue(.server(validity: validity)),
            clientCertificates: clientCertificates,
            resumption: resumption
        )
    }

    func client(
        by issuer: TestAuthority? = nil,
        validity: Validity = .days(10),
        resumption: TLSConfiguration.Resumption = .off
    ) throws -> TLSConfiguration {
        configuration(try (issuer ?? authority).issue(.client(validity: validity)), resumption: resumption)
    }

    /// Another certificate of the same authority for a server's configuration.
    @discardableResult
    func renew(_ tls: TLSConfiguration) throws -> Identity {
        let identity = try authority.issue(.server())
        try tls.replace(certificate: .pem(identity.chainPEM), privateKey: .pem(identity.privateKey.pem))
        return identity
    }

    /// Trust in somebody else alone.
    func distrust(_ tls: TLSConfiguration) throws {
        try tls.replace(trustRoots: .pem(TestAuthority(name: "another").certificate.pem))
    }
}

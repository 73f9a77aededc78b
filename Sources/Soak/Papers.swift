internal import SecureChannel
internal import TestCertificates

/// Certificates and configurations of all who take part, made once.
struct Papers: Sendable {
    private let authority: TestAuthority
    private let servers: [Identity]
    private let clientIdentity: Identity

    /// Of both servers; replaced while they run.
    let server: TLSConfiguration
    /// Of the server that waits only briefly for a handshake.
    let impatientServer: TLSConfiguration
    let client: TLSConfiguration
    let returningClient: TLSConfiguration
    /// Certified by an authority that the servers do not know.
    let stranger: TLSConfiguration
    let anonymous: TLSConfiguration
    /// Trusts an authority that did not certify the servers.
    let sceptic: TLSConfiguration
    /// Asks for a name that the servers do not have.
    let mistaken: TLSConfiguration
    /// Waits only briefly for a handshake.
    let hasty: TLSConfiguration

    /// How long the impatient server and the hasty client wait for a handshake.
    static let patience: Duration = .milliseconds(250)

    init() throws {
        let authority = try TestAuthority()
        let otherAuthority = try TestAuthority(name: "another test authority")
        let servers = try (0..<2).map { _ in try authority.issue(.server()) }
        let clientIdentity = try authority.issue(.client())
        let strangerIdentity = try otherAuthority.issue(.client(commonName: "stranger"))
        (self.authority, self.servers, self.clientIdentity) = (authority, servers, clientIdentity)

        func papers(
            _ identity: Identity?,
            trusting authority: TestAuthority = authority,
            serverName: String? = nil,
            handshakeTimeout: Duration = .seconds(60),
            resumption: TLSConfiguration.Resumption = .off
        ) -> TLSConfiguration {
            TLSConfiguration(
                certificate: identity.map { .pem($0.chainPEM) },
                privateKey: identity.map { .pem($0.privateKey.pem) },
                trustRoots: .pem(authority.certificate.pem),
                serverName: serverName,
                handshakeTimeout: handshakeTimeout,
                resumption: resumption
            )
        }
        server = papers(servers[0], resumption: .tickets())
        impatientServer = papers(servers[0], handshakeTimeout: Self.patience)
        client = papers(clientIdentity)
        returningClient = papers(clientIdentity, resumption: .tickets(maximumSessions: 8))
        stranger = papers(strangerIdentity)
        anonymous = papers(nil)
        sceptic = papers(clientIdentity, trusting: otherAuthority)
        mistaken = papers(clientIdentity, serverName: "elsewhere.example")
        hasty = papers(clientIdentity, handshakeTimeout: Self.patience)
    }

    /// A configuration that shares nothing with others; the server's has to be made anew as well, and is only looked at.
    func newClient() throws -> TLSConfiguration {
        let server = TLSConfiguration(
            certificate: .pem(servers[0].chainPEM),
            privateKey: .pem(servers[0].privateKey.pem),
            trustRoots: .pem(authority.certificate.pem),
            resumption: .tickets()
        )
        try server.validate(for: .server)
        return TLSConfiguration(
            certificate: .pem(clientIdentity.chainPEM),
            privateKey: .pem(clientIdentity.privateKey.pem),
            trustRoots: .pem(authority.certificate.pem)
        )
    }

    /// Configurations that must be refused, one after the other.
    func misconfigured(_ number: Int) throws -> TLSConfiguration {
        let roots = TLSConfiguration.TrustRoots.pem(authority.certificate.pem)
        switch number % 4 {
        case 0:  // another key's certificate
            return TLSConfiguration(
                certificate: .pem(servers[0].chainPEM),
                privateKey: .pem(servers[1].privateKey.pem),
                trustRoots: roots
            )
        case 1:  // a wrong passphrase
            return TLSConfiguration(
                certificate: .pem(clientIdentity.chainPEM),
                privateKey: .pem(try clientIdentity.privateKey.encryptedPEM(passphrase: "right")),
                passphrase: "wrong",
                trustRoots: roots
            )
        case 2:  // a certificate in a key's place
            return TLSConfiguration(
                certificate: .pem(clientIdentity.chainPEM),
                privateKey: .pem(clientIdentity.chainPEM),
                trustRoots: roots
            )
        default:  // algorithms that nobody knows
            return TLSConfiguration(trustRoots: roots, algorithms: .init(groups: ["X25519", "unheard-of"]))
        }
    }

    /// Gives both servers the other certificate, and has a replacement fail that must leave everything as it is.
    func replaceCertificates(_ number: Int) throws {
        let identity = servers[number % 2]
        let other = servers[(number + 1) % 2]
        for configuration in [server, impatientServer] {
            try configuration.replace(certificate: .pem(identity.chainPEM), privateKey: .pem(identity.privateKey.pem))
            do {
                try configuration.replace(
                    certificate: .pem(identity.chainPEM),
                    privateKey: .pem(other.privateKey.pem)
                )
                throw Unexpected("a certificate was replaced together with another one's key")
            } catch let error as TLSError {
                guard error.cause == .keyMismatch else { throw error }
            }
        }
        try client.reload()
        try returningClient.reload()
    }
}

import TestCertificates

@testable import OpenSSLTransport

/// A client and a server whose keys are in a PKCS#11 token.
struct TokenParties: Sendable {
    let token: SoftwareToken
    /// Never opened by its PIN: a token that once was asks nobody again, as long as the process lives.
    let locked: SoftwareToken
    let authority: TestAuthority
    let client: Identity
    let server: Identity

    /// The same tokens for all tests: a module looks for tokens when it is loaded, and not again.
    static let shared = Result { try TokenParties() }

    private init() throws {
        self.token = try SoftwareToken("tests")
        self.locked = try SoftwareToken("locked")
        self.authority = try TestAuthority()
        self.client = try self.authority.issue(.client())
        self.server = try self.authority.issue(.server())
        try self.token.store(self.client.privateKey.pem, label: "client", id: "01")
        try self.token.store(self.server.privateKey.pem, label: "server", id: "02")
        try self.locked.store(self.client.privateKey.pem, label: "client", id: "01")
    }

    func configuration(
        _ identity: Identity,
        key uri: String,
        passphrase: String? = SoftwareToken.pin,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil,
        providers: TLSConfiguration.Providers? = nil
    ) throws -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .store(uri),
            passphrase: passphrase,
            trustRoots: .pem(self.authority.certificate.pem),
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            providers: try providers ?? self.token.providers()
        )
    }

    /// Both with their keys in the token.
    func configurations(
        version: TLSVersion? = nil,
        providers: TLSConfiguration.Providers? = nil
    ) throws -> (client: TLSConfiguration, server: TLSConfiguration) {
        func configuration(_ identity: Identity, _ key: String) throws -> TLSConfiguration {
            try self.configuration(
                identity,
                key: self.token.uri(key),
                minimumVersion: version ?? .tls13,
                maximumVersion: version,
                providers: providers
            )
        }
        return (try configuration(self.client, "client"), try configuration(self.server, "server"))
    }
}

// What the initialiser says of each goes for it here. The passphrase is a secret, and not given out again.
extension TLSConfiguration {
    /// Our own certificate and what stands behind it, as given last.
    public var certificate: CertificateChain? { self.settings.certificate }

    /// The certificate's key, as given last.
    public var privateKey: PrivateKey? { self.settings.privateKey }

    /// The file that the passphrase is read from, as given last.
    public var passphraseFile: String? { self.settings.passphraseFile }

    /// Whom to trust, as given last; nil stands for the role's default.
    public var trustRoots: TrustRoots? { self.settings.trustRoots }

    /// What a server asks of its clients.
    public var clientCertificates: ClientCertificates { self.settings.clientCertificates }

    /// What a client asks for and verifies instead of the host it connects to.
    public var serverName: String? { self.settings.serverName }

    /// How much of a server's certificate a client checks.
    public var verification: Verification { self.settings.verification }

    /// The oldest version of TLS to speak.
    public var minimumVersion: TLSVersion { self.settings.minimumVersion }

    /// The newest; nil stands for the newest that OpenSSL has.
    public var maximumVersion: TLSVersion? { self.settings.maximumVersion }

    /// ALPN names, preferred first.
    public var applicationProtocols: [String] { self.settings.applicationProtocols }

    /// The time from connecting or accepting to the end of the handshake.
    public var handshakeTimeout: Duration { self.settings.handshakeTimeout }

    /// What certificates of peers are refused though they verify, as given last.
    public var revocationLists: RevocationLists? { self.settings.revocationLists }

    /// What a server sends along with its certificate, as given last.
    public var ocspResponse: OCSPResponse? { self.settings.ocspResponse }

    /// What a client makes of such a response.
    public var ocspStapling: OCSPStapling { self.settings.ocspStapling }

    /// One of these public keys must be in the peer's chain.
    public var publicKeyPins: [PublicKeyPin] { self.settings.publicKeyPins }

    /// A check of one's own, in the middle of the handshake.
    public var verifyPeer: (@Sendable (TLSPeerChain) throws -> Void)? { self.settings.verifyPeer }

    /// The same for a check that waits, after the handshake.
    public var approvePeer: (@Sendable (TLSPeerChain) async throws -> Void)? { self.settings.approvePeer }

    /// Cipher suites, groups, signature algorithms and security level.
    public var algorithms: Algorithms { self.settings.algorithms }

    /// The file that the secrets of all connections are appended to.
    public var keyLogPath: String? { self.settings.keyLogPath }

    /// Whether somebody who comes back may be known by a session ticket.
    public var resumption: Resumption { self.settings.resumption }

    /// More certificates beside ours, as given last.
    public var otherIdentities: [Identity] { self.settings.otherIdentities }

    /// What a server does about clients that ask for a name which it has no certificate for.
    public var unknownServerNames: UnknownServerNames { self.settings.unknownServerNames }

    /// How many certificates may stand between the peer's own and a trust root.
    public var maximumChainDepth: Int { self.settings.maximumChainDepth }

    /// Which of OpenSSL's providers do the cryptography; nil stands for those of the process.
    public var providers: Providers? { self.settings.providers }
}

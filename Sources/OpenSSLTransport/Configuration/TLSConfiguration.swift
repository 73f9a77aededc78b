internal import Synchronization

/// Who one is, whom one trusts, and what one insists on: everything that TLS needs to know, for either role.
///
/// ```swift
/// let tls = TLSConfiguration(certificate: "certs/db.pem", privateKey: "certs/db.key", trustRoots: "certs/ca.pem")
/// ```
///
/// Making one reads nothing. Files are read and checked once per role, when the configuration is first used or when
/// ``validate(for:)`` is called; all connections made with a configuration share the result. A configuration is an object:
/// whoever holds it sees a ``reload()``, and nothing but that and `replace` changes it. Two are equal if they are the same one:
/// equal files may hold different keys.
public final class TLSConfiguration: Sendable {
    let state: Mutex<State>
    /// Held while files are read, for the first time or again: of two reloads the later one counts, and a context that
    /// is built meanwhile is one with the new settings.
    let loading = Mutex<Void>(())
    let observers = ReloadObservers()

    struct State {
        var settings: Settings
        var contexts: [TLSRole: TLSContext] = [:]
    }

    /// As they are now.
    var settings: Settings { self.state.withLock { $0.settings } }

    /// - Parameters:
    ///   - certificate: Our own certificate, then the intermediate ones in the order of signing. A server needs one.
    ///   - privateKey: The certificate's key; may be left out if the certificate's PEM file, PKCS#12 or store has it too.
    ///   - passphrase: Opens an encrypted private key or PKCS#12, and answers a store's question for a PIN. Nothing ever
    ///     prompts for one. At most 1,023 bytes of UTF-8.
    ///   - passphraseFile: A file with the passphrase in its first line, in UTF-8, instead of `passphrase`; read again by each
    ///     reload.
    ///   - trustRoots: Whom to trust. By default a client trusts the system's roots and a server nobody. A certificate
    ///     named here is trusted as such, whether it signed itself or not, an authority's or the other side's own.
    ///   - clientCertificates: What a server asks of its clients; by default a certificate if trust roots are given, and
    ///     none otherwise.
    ///   - serverName: What a client asks for (SNI) and verifies instead of the host it connects to: a DNS name or an
    ///     IP address. Servers do not use it.
    ///   - verification: How much of a server's certificate a client checks; a server heeds ``Verification/strict`` alone.
    ///   - minimumVersion: The oldest version of TLS to speak.
    ///   - maximumVersion: The newest; by default the newest that OpenSSL has.
    ///   - applicationProtocols: ALPN (RFC 7301) names of 1 to 255 bytes, preferred first. If given, a client refuses
    ///     servers that choose none; a server refuses clients that offer only others.
    ///   - handshakeTimeout: The time from connecting or accepting to the end of the handshake.
    ///   - revocationLists: What certificates of peers are refused though they verify; none are looked for by default.
    ///   - ocspResponse: What a server sends along with its certificate to clients that ask whether it is revoked.
    ///     A client refuses it.
    ///   - ocspStapling: What a client makes of such a response: by default it does not ask for one. A server
    ///     refuses other settings than `.ignored`.
    ///   - publicKeyPins: One of these public keys must be in the peer's chain, beside all that is verified anyway. Give at
    ///     least two, so that a key can be changed. A server that asks its clients for no certificate refuses pins, and the two
    ///     checks below, as a mistake.
    ///   - verifyPeer: A check of one's own: called with the verified chain, in the middle of the handshake, on the thread
    ///     that shakes hands; to throw is to refuse the peer, which gets an alert. It must not wait. Not called for a client
    ///     without a certificate.
    ///   - approvePeer: The same for a check that waits, for the answer of a directory say: called after the handshake and
    ///     within its timeout, after which its task is cancelled; it should heed that. Until it returns, nothing of the peer's
    ///     is handed on and nothing is sent to it. A peer that is refused sees the connection closed; a server has got our
    ///     certificate by then. Neither this nor `verifyPeer` nor pins go with resumption: a resumed handshake shows no chain.
    ///   - algorithms: Cipher suites, groups, signature algorithms and security level.
    ///   - dangerouslyLogKeysTo: A file that the secrets of all connections are appended to, so that recorded traffic can be
    ///     looked at: whoever reads it reads the traffic. It is made with mode 0600; one that others may read is refused.
    ///   - resumption: Whether somebody who comes back may be known by a session ticket; off by default.
    ///   - otherIdentities: More certificates beside ours. A server shows the one for the name that the client asks for, or the
    ///     one whose algorithm the client can verify; a client chooses by the algorithm alone. `certificate` is for all else.
    ///   - unknownServerNames: What a server does about clients that ask for a name which it has no certificate for.
    ///   - maximumChainDepth: How many certificates may stand between the peer's own and a trust root, 0 to 32: each one
    ///     costs time to decode.
    ///   - providers: Which of OpenSSL's providers do the cryptography; by default those of the process.
    public init(
        certificate: CertificateChain? = nil,
        privateKey: PrivateKey? = nil,
        passphrase: String? = nil,
        passphraseFile: String? = nil,
        trustRoots: TrustRoots? = nil,
        clientCertificates: ClientCertificates = .automatic,
        serverName: String? = nil,
        verification: Verification = .full,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil,
        applicationProtocols: [String] = [],
        handshakeTimeout: Duration = .seconds(10),
        revocationLists: RevocationLists? = nil,
        ocspResponse: OCSPResponse? = nil,
        ocspStapling: OCSPStapling = .ignored,
        publicKeyPins: [PublicKeyPin] = [],
        verifyPeer: (@Sendable (TLSPeerChain) throws -> Void)? = nil,
        approvePeer: (@Sendable (TLSPeerChain) async throws -> Void)? = nil,
        algorithms: Algorithms = .recommended,
        dangerouslyLogKeysTo keyLogPath: String? = nil,
        resumption: Resumption = .off,
        otherIdentities: [Identity] = [],
        unknownServerNames: UnknownServerNames = .accepted,
        maximumChainDepth: Int = 4,
        providers: Providers? = nil
    ) {
        let settings = Settings(
            certificate: certificate,
            privateKey: privateKey,
            passphrase: passphrase,
            passphraseFile: passphraseFile,
            trustRoots: trustRoots,
            clientCertificates: clientCertificates,
            serverName: serverName,
            verification: verification,
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            applicationProtocols: applicationProtocols,
            handshakeTimeout: handshakeTimeout,
            revocationLists: revocationLists,
            ocspResponse: ocspResponse,
            ocspStapling: ocspStapling,
            publicKeyPins: publicKeyPins,
            verifyPeer: verifyPeer,
            approvePeer: approvePeer,
            algorithms: algorithms,
            keyLogPath: keyLogPath,
            resumption: resumption,
            otherIdentities: otherIdentities,
            unknownServerNames: unknownServerNames,
            maximumChainDepth: maximumChainDepth,
            providers: providers
        )
        self.state = Mutex(State(settings: settings))
    }

    /// Reads and checks everything that `role` needs, so that a fault shows before anything is bound or dialled.
    ///
    /// Blocks on files: call it outside an event loop.
    /// - Throws: ``TLSError`` in phase ``TLSError/Phase/configuration``. A fault is not remembered: the next call reads
    ///   the files again.
    public func validate(for role: TLSRole) throws(TLSError) {
        _ = try self.context(for: role)
    }

    /// What works, and may not with every peer, one sentence or two each: a certificate above our own is out of date, for instance.
    ///
    /// Reads what ``validate(for:)`` does, and throws what it throws. A server of `SecureChannel` logs them when it starts.
    public func warnings(for role: TLSRole) throws(TLSError) -> [String] {
        try self.context(for: role).warnings
    }

    /// The context of all this configuration's connections in `role`, built the first time it is asked for.
    func context(for role: TLSRole) throws(TLSError) -> TLSContext {
        if let context = self.currentContext(for: role) { return context }
        // Built under a lock, so that many first connections build it once; not that of the state, where connections of the
        // other role would wait as well, on their event loops, for as long as a token or a file takes.
        return try self.loading.withLock { (_) throws(TLSError) -> TLSContext in
            if let context = self.currentContext(for: role) { return context }
            let context = try TLSContext(self.settings, role: role)
            self.state.withLock { $0.contexts[role] = context }
            return context
        }
    }

    /// The same, if it was built already: this never blocks on files.
    func currentContext(for role: TLSRole) -> TLSContext? { self.state.withLock { $0.contexts[role] } }
}

extension TLSConfiguration: Hashable {
    public static func == (left: TLSConfiguration, right: TLSConfiguration) -> Bool { left === right }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension TLSConfiguration {
    /// What a server asks of its clients.
    public enum ClientCertificates: String, Sendable {
        /// ``required`` if trust roots are given, otherwise ``none``. (Not nil, which would be spelt `.none` too.)
        case automatic
        /// Ask for none.
        case none
        /// Ask for one; a client without one is let in, one with a certificate that does not verify is not.
        case optional
        /// Refuse clients without one that verifies.
        case required
    }

    /// How much of a server's certificate a client checks.
    @nonexhaustive
    public enum Verification: Sendable {
        /// The chain up to a trust root, the dates, the purpose, and that the certificate names the host.
        case full
        /// The same, and that all certificates of the chain are as RFC 5280 wants them: with key identifiers, with basic
        /// constraints that are critical, and more (X509_V_FLAG_X509_STRICT). Also on a server, for those of its clients.
        ///
        /// Many private authorities issue others, whose chains fail then; `securechannel doctor` says whether a server's does.
        case strict
        /// All but the host's name: anybody with any certificate of a trust root can pose as the server.
        case dangerouslyWithoutHostname
        /// Nothing: anybody on the way can read and change everything.
        case dangerouslyNone

        /// Whether the certificate must name the host.
        var includesHostname: Bool {
            switch self {
            case .full, .strict: true
            case .dangerouslyWithoutHostname, .dangerouslyNone: false
            }
        }
    }

    /// The arguments of the initialiser, as they were given; only what `replace` takes can change.
    struct Settings: Sendable {
        var certificate: CertificateChain?
        var privateKey: PrivateKey?
        var passphrase: String?
        var passphraseFile: String?
        var trustRoots: TrustRoots?
        let clientCertificates: ClientCertificates
        let serverName: String?
        let verification: Verification
        let minimumVersion: TLSVersion
        let maximumVersion: TLSVersion?
        let applicationProtocols: [String]
        let handshakeTimeout: Duration
        var revocationLists: RevocationLists?
        var ocspResponse: OCSPResponse?
        let ocspStapling: OCSPStapling
        let publicKeyPins: [PublicKeyPin]
        let verifyPeer: (@Sendable (TLSPeerChain) throws -> Void)?
        let approvePeer: (@Sendable (TLSPeerChain) async throws -> Void)?
        let algorithms: Algorithms
        let keyLogPath: String?
        let resumption: Resumption
        var otherIdentities: [Identity]
        let unknownServerNames: UnknownServerNames
        let maximumChainDepth: Int
        let providers: Providers?
    }
}

/// A version of TLS.
@nonexhaustive
public enum TLSVersion: Int, Sendable, Comparable, CustomStringConvertible {
    /// RFC 5246. Only with forward secrecy and authenticated encryption (ECDHE with AES-GCM or ChaCha20-Poly1305).
    case tls12 = 0x0303
    /// RFC 8446.
    case tls13 = 0x0304

    public static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.rawValue < right.rawValue }

    public var description: String {
        switch self {
        case .tls12: "TLS 1.2"
        case .tls13: "TLS 1.3"
        }
    }
}

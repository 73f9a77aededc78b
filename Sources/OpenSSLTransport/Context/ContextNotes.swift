internal import COpenSSL

/// What an SSL_CTX remembers of its configuration, for its callbacks and for the errors of its sessions, which may all
/// outlive the `TLSContext`: the SSL_CTX owns it and releases it at its end.
final class ContextNotes: Sendable {
    /// Where trust came from.
    let trust: String
    let applicationProtocolNames: [String]
    let applicationProtocols: ApplicationProtocols
    /// Of the key exchange, best first.
    let groups: [String]
    /// The only ones that are taken; empty for OpenSSL's default.
    let signatureAlgorithms: [String]
    /// Where secrets are logged to.
    let keyLog: KeyLogFile?
    /// What is asked of a peer's chain beyond OpenSSL's verification.
    let chainCheck: ChainCheck?
    /// Which revocation lists need not be verified again.
    let verifiedLists = VerifiedLists()
    /// What a client makes of stapled OCSP responses.
    let ocspStapling: TLSConfiguration.OCSPStapling
    /// How long a full handshake counts, in seconds; nil if none is resumed.
    let resumptionLifetime: Int64?
    /// What a server seals tickets with.
    let ticketKeys: TicketKeys?
    /// What a client may resume.
    let sessionCache: ClientSessionCache?
    /// The SSL_CTX's; nil for OpenSSL's default.
    let library: LibraryContext?

    /// - Parameter groups: What is left of the configuration's.
    init(
        _ settings: TLSConfiguration.Settings,
        role: TLSRole,
        groups: [String],
        library: LibraryContext?
    ) throws(TLSError) {
        self.library = library
        if let path = settings.keyLogPath {
            self.keyLog = try KeyLogFile(path: path, role: role)
        } else {
            self.keyLog = nil
        }
        self.trust = settings.trustRoots.map { "\($0)" } ?? (role == .client ? "trust roots from the system" : "none")
        self.applicationProtocolNames = settings.applicationProtocols
        self.applicationProtocols = ApplicationProtocols(settings.applicationProtocols)
        self.groups = settings.algorithms.isSystemPolicy ? ["the system's"] : groups
        self.signatureAlgorithms = settings.algorithms.signatureAlgorithms
        self.chainCheck = ChainCheck(settings, role: role)
        self.ocspStapling = settings.ocspStapling
        let lifetime = settings.resumption.lifetime.map(\.bounded.components.seconds)
        self.resumptionLifetime = lifetime
        self.ticketKeys = role == .server ? lifetime.map { TicketKeys(lifetime: $0, in: library) } : nil
        self.sessionCache =
            role == .client && lifetime != nil
            ? ClientSessionCache(maximumCount: settings.resumption.maximumSessions) : nil
    }

    /// - Returns: false if OpenSSL has no memory left.
    func attach(to context: OpaquePointer) -> Bool {
        let notes = Unmanaged.passRetained(self)
        guard SSL_CTX_set_ex_data(context, Self.index, notes.toOpaque()) == 1 else {
            notes.release()
            return false
        }
        return true
    }

    /// Nil for an SSL_CTX that somebody else has made.
    static func of(_ context: OpaquePointer) -> ContextNotes? {
        SSL_CTX_get_ex_data(context, Self.index).map { Unmanaged<ContextNotes>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let index = COpenSSL_SSL_CTX_get_ex_new_index { _, notes, _, _, _, _ in
        guard let notes else { return }
        Unmanaged<ContextNotes>.fromOpaque(notes).release()
    }
}

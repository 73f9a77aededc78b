internal import SecureChannel

/// What was found out about a server, and what is wrong.
struct Diagnosis {
    var address: String
    /// Whether anybody takes connections there; nil if nothing was dialled.
    var isReachable: Bool?
    /// The server's end of the connection.
    var peer: String?
    /// Nil where that could not be found out.
    var speaksTLS: Bool?
    /// Whether TLS is what the address asks for.
    var isTLS: Bool
    /// What a handshake showed, be it of the connection that was asked for or of a second one that only looked.
    var inspection: TLSInspection?
    /// Whether the inspection is of the connection that was asked for.
    var isInspectionVerified = false
    /// What we offer (ALPN).
    var offeredProtocols: [String]
    /// Whether we have a certificate to show.
    var hasCertificate: Bool
    /// What is asked about revocation.
    var revocation: Revocation
    /// Whether a session was resumed when that was tried; nil if it was not.
    var isResumed: Bool?
    /// What a connection would come to that is stricter than what was asked for; nil if it was not tried.
    var strictVerification: StrictVerification?
    /// What is wrong, the first thing that a channel would fail of first.
    var faults: [Fault] = []

    /// What the options ask about revocation.
    struct Revocation {
        /// The files of lists.
        var lists: [String]
        var stapling: TLSConfiguration.OCSPStapling
    }

    /// One thing that is wrong.
    struct Fault {
        /// For machines: the error's case.
        var code: String
        /// For people.
        var what: String
        /// What mends it, with a command or an option.
        var mend: String
        /// How the command ends if this comes first.
        var status: CommandStatus
    }

    var works: Bool { self.faults.isEmpty }
}

/// What is known of our own certificate at the server.
extension Diagnosis {
    enum ClientCertificate: String {
        case notRequested = "not requested"
        case accepted
        /// The server has not said within a second what it thinks of it.
        case notRefused = "not refused"
        /// The server asks for one, and the handshake goes well without: a web server may still refuse each request.
        case notNeeded = "not needed"
        case refused
        /// The server requires one, and we have none.
        case missing
        /// The server asks for one; what it does with ours could not be tried.
        case unknown
    }

    /// Nil where no handshake has come so far.
    var clientCertificate: ClientCertificate? {
        guard let inspection else { return nil }
        guard inspection.details.isClientCertificateRequested else { return .notRequested }
        guard isInspectionVerified || !hasCertificate else { return .unknown }
        switch inspection.reception {
        case .accepted: return hasCertificate ? .accepted : .notNeeded
        case .refused: return hasCertificate ? .refused : .missing
        case .closed: return .unknown
        default: return hasCertificate ? .notRefused : .notNeeded
        }
    }
}

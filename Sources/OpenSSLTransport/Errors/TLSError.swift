/// Why TLS failed: a configuration that cannot work, a handshake that was refused by either side, or a broken line.
///
/// Printing it gives one paragraph: what happened, with whom, in which phase, and what to do about it. Text from the peer
/// is escaped and cut; keys and passphrases never appear. Beside that all of it is here in parts, for programs.
public struct TLSError: Error, Sendable {
    /// What happened.
    public var cause: Cause { self.storage.cause }
    /// How far the connection had come.
    public var phase: Phase { self.storage.phase }
    /// Which side of the connection we are; nil while only a configuration is checked for both.
    public var role: TLSRole? { self.storage.role }
    /// The other side's address, where there is one.
    public var peerAddress: String? { self.storage.peerAddress }
    /// What happened, in a sentence.
    public var message: String { self.storage.message }
    /// What to do about it, in a sentence; may be empty.
    public var hint: String { self.storage.hint }
    /// What verifying the other side's certificate found; nil if that is not what failed.
    public var verification: Verification? { self.storage.details.verification }
    /// The certificate at fault: one of the other side's chain, or our own that was refused or cannot be used.
    public var certificate: TLSPeerCertificate? { self.storage.details.certificate }
    /// The fatal alert that we sent, so what the other side knows of it; nil if we sent none.
    public var alertSent: TLSAlert? { self.storage.details.alertSent }
    /// The fatal alert that the other side sent.
    public var alertReceived: TLSAlert? { self.storage.details.alertReceived }
    /// What was on OpenSSL's error queue, oldest first; may be empty, for some failures leave nothing there.
    public var openSSLErrors: [OpenSSLError] { self.storage.details.openSSLErrors }

    /// One word, so that functions which may throw it are not made large by that.
    private let storage: Storage

    private final class Storage: Sendable {
        let cause: Cause
        let phase: Phase
        let role: TLSRole?
        let peerAddress: String?
        let message: String
        let hint: String
        let details: Details

        init(
            _ cause: Cause,
            _ phase: Phase,
            _ role: TLSRole?,
            _ peerAddress: String?,
            _ message: String,
            _ hint: String,
            _ details: Details
        ) {
            self.cause = cause
            self.phase = phase
            self.role = role
            self.peerAddress = peerAddress
            self.message = message
            self.hint = hint
            self.details = details
        }
    }

    /// An error with these parts; OpenSSLTransport makes them itself.
    public init(
        _ cause: Cause,
        phase: Phase,
        role: TLSRole? = nil,
        peerAddress: String? = nil,
        message: String,
        hint: String = "",
        details: Details = Details()
    ) {
        self.storage = Storage(cause, phase, role, peerAddress, message, hint, details)
    }

    /// How far the connection had come.
    public enum Phase: String, Sendable {
        /// Nothing is bound or dialled yet.
        case configuration
        /// From the connection to the handshake's end.
        case handshake
        /// After the handshake.
        case established
        /// After one side has said that it will send no more.
        case closing
    }
}

/// Which side of a TLS connection one is.
public enum TLSRole: String, Sendable {
    /// The side that connects.
    case client
    /// The side that accepts.
    case server
}

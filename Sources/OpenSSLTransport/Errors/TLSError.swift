/// Why TLS failed: a configuration that cannot work, a handshake that was refused by either side, or a broken line.
///
/// Printing it gives one paragraph: what happened, with whom, in which phase, and what to do about it. Text from the peer
/// is escaped and cut; keys and passphrases never appear.
public struct TLSError: Error, Sendable {
    /// What happened, for code to decide by. Grows: switch over it with an `@unknown default`.
    @nonexhaustive
    public enum Cause: Sendable, Hashable {
        // The configuration, found before anything is bound or dialled.
        case fileUnreadable
        case wrongFileKind
        case keyMismatch
        case passphraseMissing
        case passphraseWrong
        case certificateMissing
        case privateKeyMissing
        case noTrustRoots
        case ownCertificateExpired
        case ownCertificateNotYetValid
        case invalidConfiguration

        // The other side's certificate.
        case certificateExpired
        case certificateNotYetValid
        case hostnameMismatch
        case unknownAuthority
        case selfSigned
        case wrongCertificatePurpose
        case certificateTooWeak
        case certificateRejected
        case clientCertificateRequired

        // The handshake.
        /// The other side refused our certificate (or that we have none), with this alert (RFC 8446, section 6.2).
        case certificateRejectedByPeer(alert: UInt8)
        case noSharedCipher
        case noSharedGroup
        case noSharedSignatureAlgorithm
        case versionMismatch
        case alpnMismatch
        case peerIsNotTLS
        case handshakeTimedOut
        case handshakeTooLarge
        case closedDuringHandshake
        /// The other side sent a fatal alert that no case above names.
        case alertReceived(UInt8)
        case handshakeFailed

        // An established connection.
        /// The stream ended without close_notify: bytes may be missing.
        case truncated
        case corruptedRecord
        case closed
        case plaintextLimitExceeded
        case protocolViolation
    }

    /// How far the connection had come.
    public enum Phase: String, Sendable {
        case configuration
        case handshake
        case established
        case closing
    }

    public var cause: Cause
    public var phase: Phase
    /// Which side of the connection we are; nil while only a configuration is checked for both.
    public var role: TLSRole?
    /// The other side's address, where there is one.
    public var peerAddress: String?
    /// What happened, in a sentence.
    public var message: String
    /// What to do about it, in a sentence; may be empty.
    public var hint: String
    /// OpenSSL's own codes and texts, oldest first; for reports to people who know OpenSSL.
    public var openSSLErrors: [String]

    public init(
        _ cause: Cause,
        phase: Phase,
        role: TLSRole? = nil,
        peerAddress: String? = nil,
        message: String,
        hint: String = "",
        openSSLErrors: [String] = []
    ) {
        self.cause = cause
        self.phase = phase
        self.role = role
        self.peerAddress = peerAddress
        self.message = message
        self.hint = hint
        self.openSSLErrors = openSSLErrors
    }
}

extension TLSError: CustomStringConvertible {
    /// One paragraph: what happened, as what and with whom, in which phase, what to do, and OpenSSL's own words.
    public var description: String {
        var text = "TLS \(self.phase.text)"
        if let role = self.role { text += " as \(role)" }
        if let peerAddress = self.peerAddress { text += " with \(EscapedText(peerAddress))" }
        text += ": \(self.message)."
        if !self.hint.isEmpty { text += " \(self.hint)" }
        if !self.hint.isEmpty, self.hint.last?.isPunctuation != true { text += "." }
        if !self.openSSLErrors.isEmpty {
            text += " [OpenSSL: \(self.openSSLErrors.map { EscapedText($0).description }.joined(separator: "; "))]"
        }
        return text
    }
}

extension TLSError.Phase {
    fileprivate var text: String {
        switch self {
        case .configuration: "configuration"
        case .handshake: "handshake"
        case .established: "connection"
        case .closing: "close"
        }
    }
}

/// Which side of a TLS connection one is.
public enum TLSRole: String, Sendable {
    case client
    case server
}

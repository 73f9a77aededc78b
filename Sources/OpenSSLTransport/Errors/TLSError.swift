/// Why TLS failed: a configuration that cannot work, a handshake that was refused by either side, or a broken line.
///
/// Printing it gives one paragraph: what happened, with whom, in which phase, and what to do about it. Text from the peer
/// is escaped and cut; keys and passphrases never appear.
public struct TLSError: Error, Sendable {
    /// What happened, for code to decide by. Grows: switch over it with an `@unknown default`.
    @nonexhaustive
    public enum Cause: Sendable, Hashable {
        // The configuration, found before anything is bound or dialled.
        /// A file does not exist, may not be read, or is too large.
        case fileUnreadable
        /// A file or bytes hold something else than asked for: a key instead of a certificate, for instance.
        case wrongFileKind
        /// The private key is not the certificate's.
        case keyMismatch
        /// The private key is encrypted, and no passphrase was given.
        case passphraseMissing
        /// The passphrase does not open the private key.
        case passphraseWrong
        /// A server, or whoever has a private key, has no certificate.
        case certificateMissing
        /// There is a certificate without its private key.
        case privateKeyMissing
        /// There is nobody to trust.
        case noTrustRoots
        /// Our own certificate's time is over.
        case ownCertificateExpired
        /// Our own certificate's time has not begun.
        case ownCertificateNotYetValid
        /// Another value or combination that cannot work.
        case invalidConfiguration

        // The other side's certificate.
        /// Its time, or that of one above it, is over.
        case certificateExpired
        /// Its time, or that of one above it, has not begun: one of the two clocks may be wrong.
        case certificateNotYetValid
        /// It is for other names or IP addresses than the one that was asked for.
        case hostnameMismatch
        /// It is signed by nobody whom we trust, or an intermediate certificate is missing.
        case unknownAuthority
        /// It signed itself, and is not trusted directly.
        case selfSigned
        /// It may not be used as a server's, or as a client's.
        case wrongCertificatePurpose
        /// Its key or signature is weaker than the security level allows.
        case certificateTooWeak
        /// It was refused for another reason.
        case certificateRejected
        /// The client showed none, and the server requires one.
        case clientCertificateRequired

        // The handshake.
        /// The other side refused our certificate (or that we have none), with this alert (RFC 8446, section 6.2).
        case certificateRejectedByPeer(alert: UInt8)
        /// The two sides have no cipher suite in common.
        case noSharedCipher
        /// The two sides have no key exchange group in common.
        case noSharedGroup
        /// The two sides have no signature algorithm in common.
        case noSharedSignatureAlgorithm
        /// The two sides have no version of TLS in common.
        case versionMismatch
        /// The two sides have no application protocol in common (ALPN, RFC 7301).
        case alpnMismatch
        /// The other side does not speak TLS; the message says what it seems to speak.
        case peerIsNotTLS
        /// The handshake did not end within its timeout.
        case handshakeTimedOut
        /// A handshake message, or all of them, are larger than is taken.
        case handshakeTooLarge
        /// The connection ended before the handshake did.
        case closedDuringHandshake
        /// The other side sent a fatal alert that no case above names.
        case alertReceived(UInt8)
        /// The handshake failed for a reason that no case above names.
        case handshakeFailed

        // An established connection.
        /// The stream ended without close_notify: bytes may be missing.
        case truncated
        /// A record was altered on its way.
        case corruptedRecord
        /// The connection was closed before what was asked for was done.
        case closed
        /// More waits to be encrypted than may.
        case plaintextLimitExceeded
        /// The other side broke the TLS protocol.
        case protocolViolation
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

    /// What happened.
    public var cause: Cause
    /// How far the connection had come.
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

    /// An error with these parts; OpenSSLTransport makes them itself.
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
    /// The side that connects.
    case client
    /// The side that accepts.
    case server
}

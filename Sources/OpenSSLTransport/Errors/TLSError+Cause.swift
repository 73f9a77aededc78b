extension TLSError {
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
        /// Its authority, or that of one above it, has taken it back.
        case certificateRevoked
        /// Whether it is revoked cannot be told: there is no revocation list of its authority's, or an old one.
        case revocationUnknown
        /// The program's own check refused it.
        case refusedByProgram
        /// It verifies, but no public key of its chain is among ``TLSConfiguration``'s pins.
        case publicKeyNotPinned
        /// It was refused for another reason.
        case certificateRejected
        /// The client showed none, and the server requires one.
        case clientCertificateRequired

        // The handshake.
        /// The other side refused our certificate (or that we have none), with this alert.
        case certificateRejectedByPeer(alert: TLSAlert)
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
        /// The server serves no such name as the client asked for (SNI, RFC 6066).
        case serverNameUnknown
        /// The other side does not speak TLS, but what it seems to speak.
        case peerIsNotTLS(OtherProtocol)
        /// The handshake did not end within its timeout, and had come so far.
        case handshakeTimedOut(TLSHandshakeProgress)
        /// A handshake message, or all of them, are larger than is taken.
        case handshakeTooLarge
        /// The connection ended before the handshake did.
        case closedDuringHandshake
        /// The other side sent a fatal alert that no case above names.
        case alertReceived(TLSAlert)
        /// The handshake failed for a reason that no case above names.
        case handshakeFailed

        // An established connection.
        /// The stream ended without close_notify: bytes may be missing.
        case truncated
        /// A record was altered on its way.
        case corruptedRecord
        /// The line broke: it was reset, or nobody is at its other end any more. The number is the system's (errno).
        case connectionBroken(errno: Int32)
        /// One side wanted to negotiate anew (TLS 1.2), which the other refuses.
        case renegotiationRefused
        /// The connection was closed before what was asked for was done.
        case closed
        /// More waits to be encrypted than may.
        case plaintextLimitExceeded
        /// The other side sent more than 32 records of TLS in a row without any data: key updates, tickets, or requests to
        /// negotiate anew. It keeps this side busy for nothing.
        case tooManyRecordsWithoutData
        /// The other side broke the TLS protocol.
        case protocolViolation
    }

    /// What a peer seems to speak that does not speak TLS.
    @nonexhaustive
    public enum OtherProtocol: Sendable, Hashable {
        /// HTTP without TLS.
        case http
        /// SSH.
        case ssh
        /// A message's length in four bytes, then the message: like a channel without TLS.
        case unencryptedFrame(length: Int)
        /// Nothing known begins like that.
        case unknown
    }
}

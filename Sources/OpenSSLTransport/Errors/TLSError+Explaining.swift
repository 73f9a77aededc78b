internal import COpenSSL

extension TLSError {
    /// Names the cause of a failed call into OpenSSL.
    ///
    /// - Parameters:
    ///   - ssl: The session that failed, for what it knows of certificates, names and offers.
    ///   - phase: How far the connection had come.
    static func explaining(
        _ failure: OpenSSLFailure,
        ssl: OpaquePointer?,
        role: TLSRole,
        phase: TLSError.Phase,
        peerAddress: String?
    ) -> TLSError {
        let session = FailedSession(ssl: ssl, role: role, phase: phase)
        let reasons = failure.codes.map(OpenSSLReason.init)
        let explanation = session.explanation(of: reasons, sslError: failure.sslError)
        var details = Details(
            alertSent: session.alertSent,
            alertReceived: reasons.lazy.compactMap(\.alert).first,
            openSSLErrors: failure.codes.map(OpenSSLError.init(code:))
        )
        if reasons.contains(where: { $0.ssl == SSL_R_CERTIFICATE_VERIFY_FAILED }), let fault = session.verificationFault
        {
            details.verification = Verification(code: Int(fault.code), depth: Int(fault.depth))
            details.certificate = session.certificate(at: fault.depth)
        } else if reasons.contains(where: { $0.ssl == SSL_R_INVALID_STATUS_RESPONSE }) {
            details.certificate = session.certificate(at: 0)
        } else if case .certificateRejectedByPeer = explanation.cause {
            details.certificate = session.ownCertificate.map { TLSPeerCertificate($0, in: session.library) }
        }
        ERR_clear_error()  // looking at the session may have failed, which is nobody's error
        return TLSError(explanation, session, peerAddress, details)
    }

    /// The program's own check, asked after the handshake, has refused the peer.
    static func refusedByProgram(
        _ why: String,
        ssl: OpaquePointer,
        role: TLSRole,
        peerAddress: String?
    ) -> TLSError {
        let session = FailedSession(ssl: ssl, role: role, phase: .handshake)
        let details = Details(
            verification: Verification(code: Int(X509_V_ERR_APPLICATION_VERIFICATION), depth: 0),
            certificate: session.certificate(at: 0)
        )
        return TLSError(session.refusedByProgram(why), session, peerAddress, details)
    }

    init(_ explanation: Explanation, _ session: FailedSession, _ peerAddress: String?, _ details: Details) {
        self.init(
            explanation.cause,
            phase: session.phase,
            role: session.role,
            peerAddress: peerAddress,
            message: explanation.message,
            hint: explanation.hint,
            details: details
        )
    }
}

extension FailedSession {
    /// The first reason that says something wins: OpenSSL puts general ones ("record layer failure") after it, and
    /// other libraries' ones before it.
    fileprivate func explanation(of reasons: [OpenSSLReason], sslError: Int32) -> Explanation {
        for reason in reasons {
            if let alert = reason.alert { return self.explanation(ofAlert: alert) }
            if let ssl = reason.ssl, let explanation = self.explanation(ofReason: ssl) { return explanation }
        }
        guard let first = reasons.first else {
            // The transport's BIO fails in one way only: at the end of the stream.
            if sslError == SSL_ERROR_SYSCALL || sslError == SSL_ERROR_ZERO_RETURN { return self.endOfStream }
            return Explanation(
                self.isHandshake ? .handshakeFailed : .protocolViolation,
                "OpenSSL gave up without a reason (SSL_get_error: \(sslError))",
                "Look at the other side's log."
            )
        }
        return Explanation(
            self.isHandshake ? .handshakeFailed : .protocolViolation,
            "OpenSSL refuses what the \(self.peer) sent: \(first.text)",
            "Look at the \(self.peer)'s log, and which implementation of TLS it uses."
        )
    }

    private func explanation(ofReason reason: Int32) -> Explanation? {
        switch reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED: self.verification
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: self.missingClientCertificate
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_CIPHERS_AVAILABLE: self.noSharedCipher
        case SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS, SSL_R_NO_SHARED_GROUPS: self.noSharedGroup
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_WRONG_SIGNATURE_TYPE:
            self.noSharedSignatureAlgorithm
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW, SSL_R_VERSION_TOO_HIGH,
            SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_UNKNOWN_PROTOCOL:
            self.versionMismatch
        case SSL_R_INVALID_STATUS_RESPONSE: self.staple
        case SSL_R_NO_APPLICATION_PROTOCOL: self.noSharedApplicationProtocol
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: self.peerSpeaksHTTP
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_BAD_RECORD_TYPE:
            self.isHandshake ? self.peerIsNotTLS : self.corruptedRecord
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: self.endOfStream
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SSL_R_DECRYPTION_FAILED: self.corruptedRecord
        case SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_DATA_LENGTH_TOO_LONG, SSL_R_ENCRYPTED_LENGTH_TOO_LONG:
            self.oversizedRecord
        case SSL_R_EXCESSIVE_MESSAGE_SIZE: self.handshakeTooLarge
        case SSL_R_NO_RENEGOTIATION: self.renegotiation
        case SSL_R_CALLBACK_FAILED:
            self.helloRefused
        case SSL_R_DH_KEY_TOO_SMALL, SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK:
            Explanation(
                .certificateTooWeak,
                "the \(self.peer) uses a key or a signature that is too weak",
                "It needs EC P-256, or RSA with 2048 bits or more, and SHA-256."
            )
        default: nil
        }
    }
}

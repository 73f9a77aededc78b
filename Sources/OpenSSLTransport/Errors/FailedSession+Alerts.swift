internal import COpenSSL

// What the other side found wrong, in its one byte of explanation (RFC 8446, section 6.2).

extension FailedSession {
    func explanation(ofAlert alert: UInt8) -> Explanation {
        switch Int32(alert) {
        case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED,
            SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_ACCESS_DENIED:
            self.certificateRejected(alert)
        case SSL_AD_CERTIFICATE_REQUIRED: self.certificateRequired(alert)
        case SSL_AD_HANDSHAKE_FAILURE: self.handshakeFailure
        case SSL_AD_PROTOCOL_VERSION, SSL_AD_INAPPROPRIATE_FALLBACK:
            Explanation(
                .versionMismatch,
                "the \(self.peer) does not speak our versions of TLS (\(self.ownVersions))",
                "Bring the older side up to date, or lower minimumVersion to .tls12."
            )
        case SSL_AD_NO_APPLICATION_PROTOCOL:
            Explanation(
                .alpnMismatch,
                "the \(self.peer) knows none of the application protocols that we offer"
                    + (self.notes.map {
                        " (\($0.applicationProtocolNames.map { "\(EscapedText($0))" }.joined(separator: ", ")))"
                    } ?? ""),
                "Is it another service's port? Otherwise give both sides the same applicationProtocols."
            )
        case SSL_AD_UNRECOGNIZED_NAME:
            Explanation(
                .alertReceived(alert),
                "the \(self.peer) does not know the name that we ask for"
                    + (self.expectedName.map { " ('\(EscapedText($0.text))')" } ?? ""),
                "Check the host's name, or set serverName to one that it serves."
            )
        default: self.otherAlert(alert)
        }
    }

    private func certificateRejected(_ alert: UInt8) -> Explanation {
        let which = self.ownSubject.map { "our certificate '\($0)'" } ?? "that we have no certificate"
        let why =
            switch Int32(alert) {
            case SSL_AD_CERTIFICATE_EXPIRED: "it has expired"
            case SSL_AD_CERTIFICATE_REVOKED: "it is revoked"
            case SSL_AD_UNKNOWN_CA: "it does not know the authority that signed it"
            case SSL_AD_UNSUPPORTED_CERTIFICATE: "it is of the wrong kind, or for another purpose"
            case SSL_AD_ACCESS_DENIED: "it is not allowed in"
            case SSL_AD_BAD_CERTIFICATE: "it is bad (not valid yet, too weak, or for another name)"
            default: "it does not like it"
            }
        return Explanation(
            .certificateRejectedByPeer(alert: alert),
            "the \(self.peer) rejected \(which): \(why) (\(Self.text(alert)))",
            self.role == .client
                ? "The server's log says more. Check that its trust roots have our certificate's authority, and its dates."
                : "The client's log says more. Check that its trust roots have our authority, and which name it dials."
        )
    }

    private func certificateRequired(_ alert: UInt8) -> Explanation {
        let named = self.namedAuthorities
        let authorities = named.isEmpty ? "" : ", signed by one of \(named.joined(separator: ", "))"
        let own =
            self.ownSubject.map { "; ours, '\($0)', was not sent or not taken" } ?? "; none is configured here"
        return Explanation(
            .certificateRejectedByPeer(alert: alert),
            "the \(self.peer) requires a client certificate\(authorities)\(own) (\(Self.text(alert)))",
            "Give certificate and privateKey."
        )
    }

    /// The alert that says least. Under TLS 1.2 it is also what a server says that wanted a certificate.
    private var handshakeFailure: Explanation {
        let alert = UInt8(SSL_AD_HANDSHAKE_FAILURE)
        if self.role == .client, self.ownSubject == nil, let ssl = self.ssl, SSL_get0_peer_CA_list(ssl) != nil {
            return self.certificateRequired(alert)
        }
        return Explanation(
            .alertReceived(alert),
            "the \(self.peer) found no common ground (\(Self.text(alert))): it may have no cipher suite, group or signature "
                + "algorithm in common with us, lack a certificate itself, or refuse ours",
            "The \(self.peer)'s log says which. We speak \(self.ownVersions)."
        )
    }

    private func otherAlert(_ alert: UInt8) -> Explanation {
        let hint =
            switch Int32(alert) {
            case SSL_AD_BAD_RECORD_MAC: "Something on the way alters data: look for a proxy or broken hardware."
            case SSL_AD_RECORD_OVERFLOW:
                "Something on the way alters data, or one side does not speak TLS as it should."
            case SSL_AD_DECODE_ERROR: "It may have seen the connection end in the middle."
            case SSL_AD_INTERNAL_ERROR: "The fault is the \(self.peer)'s own: see its log."
            case SSL_AD_USER_CANCELLED: "It was told to stop."
            default: "The \(self.peer)'s log says more."
            }
        return Explanation(.alertReceived(alert), "the \(self.peer) ended it with an alert (\(Self.text(alert)))", hint)
    }

    /// For example: alert 48, unknown CA
    private static func text(_ alert: UInt8) -> String {
        // OpenSSL 3.0 knows no name for this one (RFC 8446, section 6.2).
        let certificateRequired: UInt8 = 116
        let name =
            alert == certificateRequired
            ? "certificate required" : SSL_alert_desc_string_long(Int32(alert)).map { String(cString: $0) } ?? "unknown"
        return "alert \(alert), \(name)"
    }
}

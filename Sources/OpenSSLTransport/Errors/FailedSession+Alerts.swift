internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// What the other side found wrong, in its one byte of explanation (RFC 8446, section 6.2).

extension FailedSession {
    func explanation(ofAlert alert: TLSAlert) -> Explanation {
        switch alert {
        case .badCertificate, .unsupportedCertificate, .certificateRevoked, .certificateExpired, .certificateUnknown,
            .unknownAuthority, .accessDenied, .badCertificateStatusResponse:
            self.certificateRejected(alert)
        case .certificateRequired: self.certificateRequired(alert)
        case .handshakeFailure: self.handshakeFailure
        case .protocolVersion, .inappropriateFallback:
            Explanation(
                .versionMismatch,
                "the \(self.peer) does not speak our versions of TLS (\(self.ownVersions)), it says (\(alert))",
                "Bring the older side up to date, or lower minimumVersion to .tls12."
            )
        case .noApplicationProtocol:
            Explanation(
                .alpnMismatch,
                "the \(self.peer) knows none of the application protocols that we offer"
                    + (self.notes.map {
                        " (\($0.applicationProtocolNames.map { "'\(EscapedText($0))'" }.joined(separator: ", ")))"
                    } ?? ""),
                "Is it another service's port? Otherwise give both sides the same applicationProtocols."
            )
        case .unrecognisedName:
            Explanation(
                .serverNameUnknown,
                "the \(self.peer) does not know the name that we ask for"
                    + (self.askedName.map { " ('\(EscapedText($0))')" } ?? "") + " (\(alert))",
                "Check the host's name, or set serverName to one that it serves."
            )
        default: self.otherAlert(alert)
        }
    }

    private func certificateRejected(_ alert: TLSAlert) -> Explanation {
        // Go says bad_certificate where RFC 8446 has certificate_required.
        if self.role == .client, self.ownCertificate == nil, let ssl = self.ssl, CertificateRequested.by(ssl) {
            return self.certificateRequired(alert)
        }
        let which = self.ownSubject.map { "our certificate '\($0)'" } ?? "that we have no certificate"
        let why =
            switch alert {
            case .certificateExpired: self.expiry
            case .certificateRevoked: "it is revoked"
            case .unknownAuthority: "it does not know the authority that signed it, or that one may not sign it"
            case .unsupportedCertificate: "it is of the wrong kind, or for another purpose"
            case .certificateUnknown:
                "it does not say why; perhaps it cannot tell whether it is revoked, or its authority may not sign for its names"
            case .accessDenied: "it is not allowed in"
            case .badCertificate: "it is bad, or one above it is (not valid yet, too weak, or for another name)"
            case .badCertificateStatusResponse: "it came with no OCSP response, or not with a good one"
            case .handshakeFailure: "its own check refused it, or it has no algorithm for it"
            default: "it does not like it"
            }
        return Explanation(
            .certificateRejectedByPeer(alert: alert),
            "the \(self.peer) rejected \(which): \(why) (\(alert))",
            "The \(self.peer)'s log says more. " + self.advice(for: alert)
        )
    }

    private func advice(for alert: TLSAlert) -> String {
        switch alert {
        case .certificateRevoked: "Have a new certificate issued, and find out why this one was taken back."
        case .badCertificateStatusResponse: "Give a good ocspResponse."
        case .handshakeFailure, .accessDenied: "Ask whoever runs the \(self.peer) whom it lets in."
        default:
            self.role == .client
                ? "Check that its trust roots have our certificate's authority, its dates, and how long chains may be there."
                : "Check that its trust roots have our authority, how long chains may be there, and which name it dials."
        }
    }

    /// What is expired, if we know better: OpenSSL says the same of a revocation list that is.
    private var expiry: String {
        let now = Date()
        guard let own = self.ownCertificate.map({ TLSPeerCertificate($0, in: self.library) }), own.notAfter > now else {
            return "it has expired"
        }
        if let expired = self.expiredAboveOwn {
            return "'\(EscapedText(expired.subject))', which is above it, has expired: it was valid until "
                + X509Text.text(expired.notAfter)
        }
        return "it has expired, it says; but here it is \(X509Text.text(now)), and it is valid until "
            + "\(X509Text.text(own.notAfter)): the clock there is wrong, or a certificate above it or a revocation list is "
            + "out of date"
    }

    private func certificateRequired(_ alert: TLSAlert) -> Explanation {
        let named = self.namedAuthorities
        let authorities = named.isEmpty ? "" : ", signed by one of \(named.joined(separator: ", "))"
        let own =
            self.ownSubject.map { "; ours, '\($0)', was not sent or not taken" } ?? "; none is configured here"
        return Explanation(
            .certificateRejectedByPeer(alert: alert),
            "the \(self.peer) requires a client certificate\(authorities)\(own) (\(alert))",
            "Give certificate and privateKey."
        )
    }

    /// The alert that says least. Under TLS 1.2 it is also what a server says that wanted a certificate, and what ends a
    /// connection when we refuse to negotiate anew; under TLS 1.3 what a program says that refuses a certificate.
    private var handshakeFailure: Explanation {
        let alert = TLSAlert.handshakeFailure
        guard self.isHandshake else {
            guard !self.isTLS13 else {
                return self.hasShownCertificate ? self.certificateRejected(alert) : self.otherAlert(alert)
            }
            return Explanation(
                .renegotiationRefused,
                "the \(self.peer) asked to negotiate anew, which is refused here, and ended it (\(alert))",
                "Turn renegotiation off there, or use TLS 1.3, which has none."
            )
        }
        // All else was the server's to choose.
        if self.role == .server, self.hasShownCertificate { return self.certificateRejected(alert) }
        if self.role == .client, self.ownCertificate == nil, let ssl = self.ssl, SSL_get0_peer_CA_list(ssl) != nil {
            return self.certificateRequired(alert)
        }
        return Explanation(
            .alertReceived(alert),
            "the \(self.peer) found no common ground (\(alert)): it may have no cipher suite, group or signature algorithm in "
                + "common with us, lack a certificate itself, or refuse ours",
            "The \(self.peer)'s log says which. We speak \(self.ownVersions), the cipher suites \(Self.list(self.ownCiphers)) "
                + "and the groups \(Self.list(self.notes?.groups ?? []))." + self.signatureAlgorithmsNote
        )
    }

    /// Whoever takes only a few is refused because of that more often than for anything else.
    private var signatureAlgorithmsNote: String {
        let own = self.notes?.signatureAlgorithms ?? []
        guard !own.isEmpty else { return "" }
        return
            " Only \(Self.list(own.map { "\(EscapedText($0, limit: 64))" })) \(own.count == 1 ? "is" : "are") taken here as "
            + "signature algorithm\(own.count == 1 ? "" : "s"): the \(self.peer)'s certificate may have a key of another kind."
    }

    private var hasShownCertificate: Bool {
        guard let ssl = self.ssl, self.ownCertificate != nil else { return false }
        return self.role == .server || CertificateRequested.by(ssl)
    }

    private func otherAlert(_ alert: TLSAlert) -> Explanation {
        let hint =
            switch alert {
            case .badRecordMAC: "Something on the way alters data: look for a proxy or broken hardware."
            case .recordOverflow: "Something on the way alters data, or one side does not speak TLS as it should."
            case .decryptError:
                "A signature does not verify there: two authorities may have one name, or something on the way alters data."
            case .decodeError: "It may have seen the connection end in the middle."
            case .internalError: "The fault is the \(self.peer)'s own: see its log."
            case .userCancelled: "It was told to stop."
            default: "The \(self.peer)'s log says more."
            }
        return Explanation(.alertReceived(alert), "the \(self.peer) ended it with an alert (\(alert))", hint)
    }
}

internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// How long the certificates count that a peer was verified by.
///
/// Complete: these are all there is to know.
public enum TLSPeerExpiry: Sendable {
    /// Nobody's certificate was verified, or the connection is not open.
    case never
    /// The first of the chain expires after this time, if the clock of this host goes on as it does.
    case later(Duration)
    /// One has expired; the error is what a handshake would fail with now.
    case expired(TLSError)
}

extension TLSConnection {
    /// Whether the peer's certificate, or one of those that vouch for it, has expired by the clock of this host. To be called
    /// on the channel's event loop.
    ///
    /// After a resumption the chain of the full handshake counts.
    package func peerExpiry() -> TLSPeerExpiry { self.peerExpiry(now: Date()) }

    func peerExpiry(now: Date) -> TLSPeerExpiry {
        // Before that the session may be at work on another thread.
        guard !self.machine.isHandshaking, let session = self.session else { return .never }
        let ssl = session.ssl
        guard SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER != 0, SSL_get_verify_result(ssl) == Int(X509_V_OK) else {
            return .never
        }
        defer { ERR_clear_error() }
        let certificates = VerifiedChain(of: ssl).pointers
        guard !certificates.isEmpty else { return .never }
        var end = (date: Date.distantFuture, depth: Int32(0))
        for (depth, certificate) in certificates.enumerated() {
            let date = X509Text.date(X509_get0_notAfter(certificate))
            if date < end.date { end = (date, Int32(clamping: depth)) }
        }
        let resumed = ResumptionTerms.ofResumption(ssl).map {
            Date(timeIntervalSince1970: Double($0.certificatesExpireAt))
        }
        let isOfResumed = (resumed ?? .distantFuture) < end.date
        let date = isOfResumed ? resumed ?? end.date : end.date
        guard date <= now else { return .later(.seconds(date.timeIntervalSince(now))) }

        let address = self.line.flatMap { self.peer($0).address }
        var failed = FailedSession(ssl: ssl, role: self.tls.role, phase: .established)
        guard isOfResumed else {
            failed.laterFault = VerificationFault(code: X509_V_ERR_CERT_HAS_EXPIRED, depth: end.depth)
            return .expired(failed.untrustedPeer(address))
        }
        return .expired(
            TLSError(
                .certificateExpired,
                phase: .established,
                role: self.tls.role,
                peerAddress: address,
                message:
                    "a certificate above the \(failed.peer)'s has expired, which vouched for it when the session was new: "
                    + "it was valid until \(X509Text.text(date))",
                hint: "Have it renewed; if the date is wrong, set the clock of this host."
            )
        )
    }
}

extension ResumptionTerms {
    /// Of the full handshake that a resumed session comes from; nil for one that was not resumed.
    fileprivate static func ofResumption(_ ssl: OpaquePointer) -> ResumptionTerms? {
        guard SSL_session_reused(ssl) == 1 else { return nil }
        if SSL_is_server(ssl) == 0 { return SessionOrigin.of(ssl)?.offered }
        return SSL_get_session(ssl).flatMap { TicketCallbacks.terms(of: $0) }
    }
}

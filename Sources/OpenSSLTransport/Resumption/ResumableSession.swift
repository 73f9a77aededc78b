internal import COpenSSL

/// A client's session that may be resumed: an SSL_SESSION* of its own, and until when.
final class ResumableSession: Sendable {
    /// Safe to share: nobody else has it, and it is only read, by the one handshake that takes it.
    nonisolated(unsafe) let pointer: OpaquePointer
    let terms: ResumptionTerms

    /// - Parameter session: Copied, since OpenSSL marks a connection's own as bad when the line breaks.
    init?(copying session: OpaquePointer, terms: ResumptionTerms) {
        guard let copy = SSL_SESSION_dup(session) else { return nil }
        self.pointer = copy
        self.terms = terms
    }

    deinit { SSL_SESSION_free(self.pointer) }
}

typealias ClientSessionCache = SessionCache<ResumableSession>

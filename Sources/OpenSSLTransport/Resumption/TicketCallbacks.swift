internal import COpenSSL

/// What OpenSSL calls when tickets come and go. None may fail a handshake that could be a full one.
enum TicketCallbacks {
    typealias Key =
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<UInt8>?, OpaquePointer?, OpaquePointer?,
            Int32
        ) -> Int32

    /// A server seals a ticket, or opens one: SSL_CTX_set_tlsext_ticket_key_evp_cb(3). 0 is "no ticket".
    static var key: Key {
        { ssl, name, iv, cipher, authentication, seals in
            guard let ssl, let name, let iv, let notes = TicketCallbacks.notes(ssl),
                let keys = notes.ticketKeys, let algorithm = keys.cipher,
                SSL_version(ssl) == TLS1_3_VERSION
            else { return 0 }
            let names = UnsafeMutableRawBufferPointer(start: name, count: Int(COpenSSL_ticketNameLength))
            let now = ResumptionTerms.now
            let found: TicketKeys.Key
            var answer: Int32 = 1
            if seals == 1 {
                guard let key = keys.sealingKey(at: now),
                    RAND_bytes_ex(notes.library?.pointer, iv, Int(EVP_MAX_IV_LENGTH), 0) == 1
                else {
                    return 0
                }
                names.copyBytes(from: key.name)
                found = key
            } else {
                guard let (key, isNewest) = keys.openingKey(UnsafeRawBufferPointer(names), at: now) else { return 0 }
                if !isNewest { answer = 2 }  // and make a new one, which TLS 1.3 does anyway
                found = key
            }
            let secret = found.secret.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return withExtendedLifetime((found, algorithm)) {
                COpenSSL_Ticket_start(cipher, algorithm.pointer, authentication, secret, iv, seals) == 1 ? answer : 0
            }
        }
    }

    /// A server is about to make a ticket: notes in it until when it may be used. SSL_CTX_set_session_ticket_cb(3).
    static var generate: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 {
        { ssl, _ in
            guard let ssl, let session = SSL_get_session(ssl) else { return 0 }
            // A session that was resumed keeps the terms of the full handshake that it comes from.
            let kept = SSL_session_reused(ssl) == 1 ? TicketCallbacks.terms(of: session) : nil
            let terms = kept ?? .ofFullHandshake(ssl, now: ResumptionTerms.now)
            return terms.encoded.withUnsafeBytes {
                SSL_SESSION_set1_ticket_appdata(session, $0.baseAddress, $0.count)
            }
        }
    }

    typealias Decrypted =
        @convention(c) (
            OpaquePointer?, OpaquePointer?, UnsafePointer<UInt8>?, Int, SSL_TICKET_STATUS, UnsafeMutableRawPointer?
        ) -> SSL_TICKET_RETURN

    /// A server has opened a ticket: it counts if its time is not over, else the handshake becomes a full one.
    static var decrypted: Decrypted {
        { ssl, session, _, _, status, _ in
            guard status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW, let ssl, let session,
                let lifetime = TicketCallbacks.notes(ssl)?.resumptionLifetime,
                let terms = TicketCallbacks.terms(of: session),
                terms.allowResuming(at: ResumptionTerms.now, lifetime: lifetime)
            else { return SSL_TICKET_RETURN(SSL_TICKET_RETURN_IGNORE_RENEW) }
            return SSL_TICKET_RETURN(SSL_TICKET_RETURN_USE_RENEW)
        }
    }

    /// A client has received a ticket: SSL_CTX_sess_set_new_cb(3).
    static var received: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 {
        { ssl, session in
            guard let ssl, let session, let notes = TicketCallbacks.notes(ssl), let cache = notes.sessionCache,
                let origin = SessionOrigin.of(ssl), SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION,
                SSL_SESSION_is_resumable(session) == 1
            else { return 0 }
            let isResumed = SSL_session_reused(ssl) == 1
            let terms = isResumed ? origin.offered : .ofFullHandshake(ssl, now: ResumptionTerms.now)
            if let terms, let copy = ResumableSession(copying: session, terms: terms) {
                cache.insert(copy, with: origin.server)
            }
            return 0  // the session stays OpenSSL's
        }
    }

    private static func notes(_ ssl: OpaquePointer) -> ContextNotes? {
        SSL_get_SSL_CTX(ssl).flatMap { ContextNotes.of($0) }
    }

    static func terms(of session: OpaquePointer) -> ResumptionTerms? {
        var data: UnsafeMutableRawPointer?
        var count = 0
        guard SSL_SESSION_get0_ticket_appdata(session, &data, &count) == 1, let data else { return nil }
        return ResumptionTerms(UnsafeRawBufferPointer(start: data, count: count))
    }
}

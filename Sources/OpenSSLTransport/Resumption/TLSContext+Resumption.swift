internal import COpenSSL

// Tickets: none unless asked for, and none that outlives what it stands for.

extension TLSContext {
    func checkResumption() throws(TLSError) {
        guard let lifetime = self.settings.resumption.lifetime else { return }
        if lifetime < .seconds(1) || lifetime > .seconds(12 * 3600) {
            throw self.invalid(
                "sessions are to be resumed for \(lifetime)",
                hint: "Give resumption a lifetime from 1 second to 12 hours; the default is 1 hour."
            )
        }
        if !(1...65_536).contains(self.settings.resumption.maximumSessions) {
            throw self.invalid(
                "\(self.settings.resumption.maximumSessions) sessions are to be remembered",
                hint: "Give resumption a maximumSessions from 1 to 65,536; the default is 256."
            )
        }
        if self.settings.maximumVersion == .tls12 {
            throw self.invalid(
                "resumption is asked for, and TLS 1.3 is not allowed",
                hint: "Sessions of TLS 1.2 are not resumed: leave resumption off, or raise maximumVersion."
            )
        }
    }

    /// To be called when all else is set.
    func applyResumption() {
        guard let lifetime = self.settings.resumption.lifetime else { return }
        switch self.role {
        case .client:
            COpenSSL_SSL_CTX_set_session_cache_mode(
                self.pointer,
                Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL)
            )
            SSL_CTX_sess_set_new_cb(self.pointer, TicketCallbacks.received)
        case .server:
            SSL_CTX_clear_options(self.pointer, COpenSSL_SSL_OP_NO_TICKET())
            // Each costs a server that verifies clients the decoding of a certificate; who comes back gets a new one.
            SSL_CTX_set_num_tickets(self.pointer, 1)
            SSL_CTX_set_timeout(self.pointer, Int(lifetime.components.seconds))
            SSL_CTX_set_tlsext_ticket_key_evp_cb(self.pointer, TicketCallbacks.key)
            SSL_CTX_set_session_ticket_cb(self.pointer, TicketCallbacks.generate, TicketCallbacks.decrypted, nil)
        }
    }

    /// Has a client offer the newest session that it has with this server, and keep those that it will get.
    func resume(_ ssl: OpaquePointer, host: String, port: Int?, name: PeerName?) {
        guard let cache = self.notes.sessionCache, let lifetime = self.notes.resumptionLifetime else { return }
        let server = ClientSessionCache.Server(host: host, port: port, name: name?.description ?? "")
        var session = cache.take(server)
        let now = ResumptionTerms.now
        while let tried = session, !tried.terms.allowResuming(at: now, lifetime: lifetime) {
            session = cache.take(server)
        }
        guard SessionOrigin(server: server, offered: session?.terms).attach(to: ssl) else { return }
        if let session { SSL_set_session(ssl, session.pointer) }
    }
}

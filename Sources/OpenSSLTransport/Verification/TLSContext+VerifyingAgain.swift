internal import COpenSSL

extension TLSContext {
    /// Verifies the chain that the peer of another context's session has shown, as a handshake of this context would, but
    /// for the host's name.
    ///
    /// A session that is made for the purpose stands in for the one of a handshake, so that parameters, callbacks and
    /// errors are the same (`ssl_verify_cert_chain` in OpenSSL's ssl/ssl_cert.c).
    func verifyAgain(_ ssl: OpaquePointer, peerAddress: String?) throws(TLSError) {
        guard SSL_CTX_get_verify_mode(self.pointer) & SSL_VERIFY_PEER != 0,
            let leaf = SSL_get0_peer_certificate(ssl)
        else { return }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let judge = SSL_new(self.pointer) else { throw self.unableToVerify(peerAddress) }
        defer { SSL_free(judge) }
        guard let store = X509_STORE_CTX_new_ex(self.library?.pointer, nil) else {
            throw self.unableToVerify(peerAddress)
        }
        defer { X509_STORE_CTX_free(store) }
        guard X509_STORE_CTX_init(store, SSL_CTX_get_cert_store(self.pointer), leaf, SSL_get_peer_cert_chain(ssl)) == 1,
            X509_STORE_CTX_set_ex_data(
                store,
                SSL_get_ex_data_X509_STORE_CTX_idx(),
                UnsafeMutableRawPointer(judge)
            ) == 1,
            X509_STORE_CTX_set_default(store, self.role == .server ? "ssl_client" : "ssl_server") == 1,
            let parameters = X509_STORE_CTX_get0_param(store)
        else { throw self.unableToVerify(peerAddress) }
        X509_VERIFY_PARAM_set_auth_level(parameters, SSL_get_security_level(judge))
        // Depth and flags; names are only set on the sessions of handshakes.
        guard X509_VERIFY_PARAM_set1(parameters, SSL_get0_param(judge)) == 1 else {
            throw self.unableToVerify(peerAddress)
        }
        X509_STORE_CTX_set_verify_cb(store, VerificationFault.callback)
        let verdict = self.notes.chainCheck == nil ? X509_verify_cert(store) : ChainCheck.callback(store, nil)
        guard verdict == 1, X509_STORE_CTX_get_error(store) == X509_V_OK else {
            var session = FailedSession(ssl: judge, role: self.role, phase: .established)
            session.laterChain = X509_STORE_CTX_get0_chain(store)
            session.hasOnlyLeaf = SSL_session_reused(ssl) == 1
            throw session.untrustedPeer(peerAddress)
        }
    }

    /// Fails closed.
    private func unableToVerify(_ peerAddress: String?) -> TLSError {
        TLSError(
            .certificateRejected,
            phase: .established,
            role: self.role,
            peerAddress: peerAddress,
            message: "OpenSSL could not verify the peer's certificate again",
            details: TLSError.Details(openSSLErrors: OpenSSLErrorQueue.drain().map(TLSError.OpenSSLError.init(code:)))
        )
    }
}

extension FailedSession {
    /// The error for an open connection whose peer does not verify any more.
    func untrustedPeer(_ peerAddress: String?) -> TLSError {
        let fault = self.verificationFault
        let details = TLSError.Details(
            verification: fault.map { TLSError.Verification(code: Int($0.code), depth: Int($0.depth)) },
            certificate: fault.flatMap { self.certificate(at: $0.depth) }
        )
        return TLSError(self.verification, self, peerAddress, details)
    }
}

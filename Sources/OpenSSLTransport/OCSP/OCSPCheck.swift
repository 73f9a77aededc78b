internal import COpenSSL

/// How a client checks what a server has stapled.
enum OCSPCheck {
    /// To be given to SSL_CTX_set_tlsext_status_cb: called once in each handshake, after the chain was verified, whether
    /// anything was stapled or not. 0 refuses the server, with an alert.
    static let callback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { ssl, _ in
        guard let ssl, let notes = SSL_get_SSL_CTX(ssl).flatMap({ ContextNotes.of($0) }) else { return 0 }
        defer { ERR_clear_error() }
        do throws(OCSPFault) {
            try OCSPCheck.check(ssl, isRequired: notes.ocspStapling == .required)
            return 1
        } catch {
            Refusal.note(.staple(error), on: ssl)
            return 0
        }
    }

    private static func check(_ ssl: OpaquePointer, isRequired: Bool) throws(OCSPFault) {
        // A server that resumes a session shows no certificate; that of the session was checked so.
        guard SSL_session_reused(ssl) == 0 else { return }
        guard let certificate = SSL_get0_peer_certificate(ssl) else { throw .missing }
        var response: UnsafePointer<UInt8>?
        let count = COpenSSL_SSL_get_tlsext_status_ocsp_resp(ssl, &response)
        guard let response, count > 0 else {
            if COpenSSL_X509_demandsStaple(certificate) == 1 { throw .demanded }
            if isRequired { throw .missing }
            return
        }
        // A certificate that is trusted itself has nobody above it.
        guard let issuer = VerifiedChain(of: ssl).issuer else {
            if isRequired { throw .issuerUnknown }
            return
        }
        let answer = try OCSPAnswer(der: UnsafeRawBufferPointer(start: response, count: count))
        _ = try answer.checkGood(certificate, issuer: issuer)
    }
}

extension TLSContext {
    func applyOCSPCheck() throws(TLSError) {
        guard self.settings.ocspStapling != .ignored else { return }
        if self.role == .server {
            throw self.invalid(
                "ocspStapling is \(self.settings.ocspStapling) on a server, and clients staple no OCSP responses",
                hint: "Leave ocspStapling out; revocationLists tell a server which clients are revoked."
            )
        }
        if self.settings.verification == .dangerouslyNone {
            throw self.invalid(
                "ocspStapling is \(self.settings.ocspStapling), but verification is dangerouslyNone",
                hint: "Leave verification at .full: nobody can be asked about a certificate that is not verified."
            )
        }
        COpenSSL_SSL_CTX_request_ocsp_response(self.pointer, OCSPCheck.callback)
    }
}

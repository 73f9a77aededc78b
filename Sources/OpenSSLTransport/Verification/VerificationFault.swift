internal import COpenSSL

/// The first thing that was wrong with a peer's chain, and where in it: OpenSSL itself keeps only what, so the callback of
/// the verification writes both into the session.
struct VerificationFault: Equatable {
    /// X509_V_ERR_…
    var code: Int32
    /// 0 is the peer's own certificate.
    var depth: Int32

    init(code: Int32, depth: Int32) {
        self.code = code
        self.depth = depth
    }

    /// The fault of a session's verification; nil if it found none, or has not come so far.
    init?(of ssl: OpaquePointer) {
        let word = Int(bitPattern: SSL_get_ex_data(ssl, Self.index))
        if word != 0 {
            self.code = Int32(truncatingIfNeeded: word & 0xFFFF)
            self.depth = Int32(truncatingIfNeeded: word >> 16)
            return
        }
        guard let code = Int32(exactly: SSL_get_verify_result(ssl)), code != X509_V_OK else { return nil }
        self.code = code
        self.depth = 0
    }

    /// To be given to SSL_CTX_set_verify. What OpenSSL has decided stays so, but not all that it would tell the peer.
    static var callback: @convention(c) (Int32, OpaquePointer?) -> Int32 {
        { accepted, store in
            guard accepted != 1, let store else { return accepted }
            VerificationFault.remember(store)
            // OpenSSL makes the alert of the code: an old list would be told as an expired certificate, and a missing one as
            // an unknown authority, though the peer's certificate is neither. This code makes certificate_unknown.
            if Self.saysRevocationIsUnknown(X509_STORE_CTX_get_error(store)) {
                X509_STORE_CTX_set_error(store, X509_V_ERR_CRL_PATH_VALIDATION_ERROR)
            }
            return accepted
        }
    }

    /// Whether it is a revocation list that is missing or cannot be used.
    static func saysRevocationIsUnknown(_ code: Int32) -> Bool {
        switch code {
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_CRL_HAS_EXPIRED,
            X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD,
            X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,
            X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_DIFFERENT_CRL_SCOPE,
            X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
            true
        default: false
        }
    }

    static func remember(_ store: OpaquePointer) {
        guard let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()) else { return }
        let session = OpaquePointer(ssl)
        guard SSL_get_ex_data(session, Self.index) == nil else { return }
        let code = Int(X509_STORE_CTX_get_error(store)) & 0xFFFF
        let depth = Int(X509_STORE_CTX_get_error_depth(store)) & 0xFFFF
        SSL_set_ex_data(session, Self.index, UnsafeMutableRawPointer(bitPattern: depth << 16 | code))
    }

    private static let index = COpenSSL_SSL_get_ex_new_index(nil)
}

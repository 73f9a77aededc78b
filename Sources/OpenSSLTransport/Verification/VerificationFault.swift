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

    /// To be given to SSL_CTX_set_verify. Only looks: what OpenSSL has decided stays so.
    static var callback: @convention(c) (Int32, OpaquePointer?) -> Int32 {
        { accepted, store in
            if accepted != 1, let store { VerificationFault.remember(store) }
            return accepted
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

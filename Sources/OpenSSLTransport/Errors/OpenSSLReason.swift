internal import COpenSSL

/// One code of OpenSSL's error queue, taken apart. Reasons mean something only together with their library.
struct OpenSSLReason: Hashable {
    let code: UInt
    let library: Int32
    let reason: Int32

    init(_ code: UInt) {
        self.code = code
        self.library = ERR_GET_LIB(code)
        self.reason = ERR_GET_REASON(code)
    }

    /// OpenSSL's own words for the reason.
    var text: String { ERR_reason_error_string(self.code).map { String(cString: $0) } ?? "unknown reason" }

    /// A reason of libssl's own; nil if the code is another library's.
    var ssl: Int32? { self.library == ERR_LIB_SSL ? self.reason : nil }

    /// The alert that the peer sent; nil if the code is none.
    var alert: TLSAlert? {
        guard let ssl = self.ssl, ssl >= SSL_AD_REASON_OFFSET else { return nil }
        return UInt8(exactly: ssl - SSL_AD_REASON_OFFSET).map(TLSAlert.init(rawValue:))
    }

    var saysTooWeak: Bool {
        switch self.ssl {
        case SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK: true
        default: false
        }
    }

    /// An algorithm that no loaded provider has.
    var saysUnsupported: Bool {
        switch (self.library, self.reason) {
        case (_, COpenSSL_ERR_R_UNSUPPORTED()), (ERR_LIB_PEM, PEM_R_UNSUPPORTED_ENCRYPTION),
            (ERR_LIB_PEM, PEM_R_UNSUPPORTED_CIPHER):
            true
        case (ERR_LIB_EVP, EVP_R_UNSUPPORTED_ALGORITHM), (ERR_LIB_EVP, EVP_R_UNKNOWN_PBE_ALGORITHM): true
        default: false
        }
    }
}

internal import COpenSSL

/// Whether a server has asked its client for a certificate, which OpenSSL tells only while it happens.
enum CertificateRequested {
    /// To be called once for each client's SSL_CTX.
    static func watch(_ context: OpaquePointer) {
        SSL_CTX_set_cert_cb(
            context,
            { ssl, _ in
                if let ssl { SSL_set_ex_data(ssl, CertificateRequested.index, UnsafeMutableRawPointer(bitPattern: 1)) }
                return 1  // go on with the certificate that is configured, or without one
            },
            nil
        )
    }

    static func by(_ ssl: OpaquePointer) -> Bool { SSL_get_ex_data(ssl, Self.index) != nil }

    private static let index = COpenSSL_SSL_get_ex_new_index(nil)
}

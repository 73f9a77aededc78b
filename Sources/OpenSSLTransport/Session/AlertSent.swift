internal import COpenSSL

/// The fatal alert that a session has sent: in TLS 1.3 nobody but OpenSSL can see it on its way, and it tells only who
/// asks while it happens.
enum AlertSent {
    /// To be called once for each SSL_CTX.
    static func watch(_ context: OpaquePointer) {
        // Called at every step of a handshake, too: those end at the first comparison.
        SSL_CTX_set_info_callback(context) { ssl, event, value in
            guard event & (SSL_CB_ALERT | SSL_CB_WRITE) == SSL_CB_ALERT | SSL_CB_WRITE else { return }
            guard value >> 8 == SSL3_AL_FATAL, let ssl else { return }
            let word = UnsafeMutableRawPointer(bitPattern: Int(value & 0xFF) | 0x100)
            SSL_set_ex_data(ssl, AlertSent.index, word)
        }
    }

    static func of(_ ssl: OpaquePointer) -> TLSAlert? {
        let word = Int(bitPattern: SSL_get_ex_data(ssl, Self.index))
        return word == 0 ? nil : TLSAlert(rawValue: UInt8(truncatingIfNeeded: word))
    }

    private static let index = COpenSSL_SSL_get_ex_new_index(nil)
}

extension FailedSession {
    var alertSent: TLSAlert? { self.ssl.flatMap { AlertSent.of($0) } }
}

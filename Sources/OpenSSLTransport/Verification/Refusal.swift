internal import COpenSSL

/// Why we refuse a chain that OpenSSL has verified: kept by the session for its error.
final class Refusal {
    enum Reason {
        case notPinned
        /// What the program's own check has thrown, as text.
        case program(String)
        /// What a client found wrong with the OCSP response.
        case staple(OCSPFault)
    }

    let reason: Reason

    private init(_ reason: Reason) { self.reason = reason }

    /// Keeps the first reason; a session has but one chain.
    static func note(_ reason: Reason, on ssl: OpaquePointer) {
        guard self.reason(on: ssl) == nil else { return }
        let refusal = Unmanaged.passRetained(Refusal(reason))
        if SSL_set_ex_data(ssl, self.index, refusal.toOpaque()) != 1 { refusal.release() }
    }

    static func reason(on ssl: OpaquePointer) -> Reason? {
        SSL_get_ex_data(ssl, self.index).map { Unmanaged<Refusal>.fromOpaque($0).takeUnretainedValue().reason }
    }

    private static let index = COpenSSL_SSL_get_ex_new_index { _, refusal, _, _, _, _ in
        guard let refusal else { return }
        Unmanaged<Refusal>.fromOpaque(refusal).release()
    }
}

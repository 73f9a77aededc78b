internal import COpenSSL
internal import Synchronization

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The OCSP response that a server staples to one certificate.
struct Staple: Sendable, Equatable {
    let der: [UInt8]
    /// After that it is kept back: no response is better than an old one.
    let end: Date
}

/// The responses of a context, by the certificates that they are for: replaced while handshakes look at them. The SSL_CTX
/// owns it, like its notes.
final class Staples: Sendable {
    private let current = Mutex<[[UInt8]: Staple]>([:])

    /// By the certificate's SHA-256.
    var all: [[UInt8]: Staple] {
        get { self.current.withLock { $0 } }
        set { self.current.withLock { $0 = newValue } }
    }

    /// - Returns: false if OpenSSL has no memory left.
    func attach(to context: OpaquePointer) -> Bool {
        let staples = Unmanaged.passRetained(self)
        guard SSL_CTX_set_ex_data(context, Self.index, staples.toOpaque()) == 1 else {
            staples.release()
            return false
        }
        COpenSSL_SSL_CTX_set_tlsext_status_cb(context, Self.callback)
        return true
    }

    private static func of(_ context: OpaquePointer) -> Staples? {
        SSL_CTX_get_ex_data(context, self.index).map { Unmanaged<Staples>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Called for a client that asks, once the certificate is chosen.
    private static let callback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { ssl, _ in
        guard let ssl, let certificate = SSL_get_certificate(ssl),
            let staple = SSL_get_SSL_CTX(ssl).flatMap({ Staples.of($0) })?.all[X509Text.sha256Fingerprint(certificate)],
            staple.end > Date(), COpenSSL_SSL_staple(ssl, staple.der, staple.der.count) == 1
        else { return SSL_TLSEXT_ERR_NOACK }
        return SSL_TLSEXT_ERR_OK
    }

    private static let index = COpenSSL_SSL_CTX_get_ex_new_index { _, staples, _, _, _, _ in
        guard let staples else { return }
        Unmanaged<Staples>.fromOpaque(staples).release()
    }
}

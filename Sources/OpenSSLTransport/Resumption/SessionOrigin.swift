internal import COpenSSL

/// What a client's connection remembers for the sessions that its server will give it: the SSL* owns it.
final class SessionOrigin {
    let server: ClientSessionCache.Server
    /// Of the session that was offered; counts if the server takes it.
    let offered: ResumptionTerms?

    init(server: ClientSessionCache.Server, offered: ResumptionTerms?) {
        self.server = server
        self.offered = offered
    }

    /// - Returns: false if OpenSSL has no memory left.
    func attach(to ssl: OpaquePointer) -> Bool {
        let origin = Unmanaged.passRetained(self)
        guard SSL_set_ex_data(ssl, Self.index, origin.toOpaque()) == 1 else {
            origin.release()
            return false
        }
        return true
    }

    static func of(_ ssl: OpaquePointer) -> SessionOrigin? {
        SSL_get_ex_data(ssl, Self.index).map { Unmanaged<SessionOrigin>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let index = COpenSSL_SSL_get_ex_new_index { _, origin, _, _, _, _ in
        guard let origin else { return }
        Unmanaged<SessionOrigin>.fromOpaque(origin).release()
    }
}

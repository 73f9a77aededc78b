internal import COpenSSL

/// A server's ALPN names in the form of RFC 7301, in memory that stays where it is while an SSL_CTX points at it.
final class ApplicationProtocols: Sendable {
    /// Written once in `init`, freed in `deinit`, only read between.
    private nonisolated(unsafe) let memory: UnsafeMutableBufferPointer<UInt8>

    init(_ names: [String]) {
        let bytes = Self.encoded(names)
        self.memory = .allocate(capacity: bytes.count)
        _ = self.memory.initialize(from: bytes)
    }

    deinit { self.memory.deallocate() }

    /// Each name after a byte that says how long it is. Names of other lengths than 1 to 255 bytes are left out; the
    /// context has refused them before.
    static func encoded(_ names: [String]) -> [UInt8] {
        names.flatMap { name in
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else { return [UInt8]() }
            return [length] + Array(name.utf8)
        }
    }

    static func encodedLength(of names: [String]) -> Int { names.reduce(0) { $0 + 1 + $1.utf8.count } }

    /// Chooses what the server likes best of what the client offers; nothing in common is a fatal alert, as RFC 7301
    /// wants it (SSL_TLSEXT_ERR_NOACK would go on without a protocol).
    fileprivate func select(
        _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>,
        _ length: UnsafeMutablePointer<UInt8>,
        offered: UnsafePointer<UInt8>?,
        _ offeredLength: UInt32
    ) -> Int32 {
        var choice: UnsafeMutablePointer<UInt8>?
        let result = SSL_select_next_proto(
            &choice,
            length,
            self.memory.baseAddress,
            UInt32(clamping: self.memory.count),
            offered,
            offeredLength
        )
        guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        selected.pointee = UnsafePointer(choice)
        return SSL_TLSEXT_ERR_OK
    }
}

extension TLSContext {
    func applyApplicationProtocols() throws(TLSError) {
        let names = self.settings.applicationProtocols
        guard !names.isEmpty else { return }
        let done =
            switch self.role {
            case .client: self.offer(names)
            case .server: self.serve()
            }
        guard done else {
            throw self.invalid("OpenSSL does not take the application protocols", codes: OpenSSLErrorQueue.drain())
        }
    }

    private func offer(_ names: [String]) -> Bool {
        let bytes = ApplicationProtocols.encoded(names)
        return SSL_CTX_set_alpn_protos(self.pointer, bytes, UInt32(clamping: bytes.count)) == 0  // 0 is success here
    }

    private func serve() -> Bool {
        SSL_CTX_set_alpn_select_cb(
            self.pointer,
            { ssl, selected, length, offered, offeredLength, _ in
                guard
                    let selected, let length,
                    let notes = ssl.flatMap({ SSL_get_SSL_CTX($0) }).flatMap({ ContextNotes.of($0) })
                else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                let result = notes.applicationProtocols.select(selected, length, offered: offered, offeredLength)
                if result != SSL_TLSEXT_ERR_OK, let ssl {
                    OfferedProtocols(UnsafeBufferPointer(start: offered, count: Int(offeredLength))).attach(to: ssl)
                }
                return result
            },
            nil
        )
        return true
    }
}

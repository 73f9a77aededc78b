internal import COpenSSL

/// How OpenSSL asks for the passphrase of a key: always of us, since without a callback it asks the terminal and waits
/// for ever. See pem_password_cb(3).
enum PassphraseCallback {
    /// OpenSSL's buffer is PEM_BUFSIZE bytes.
    static let maximumLength = Int(PEM_BUFSIZE) - 1

    /// Calls `body` with the function and the argument to give to OpenSSL; both are valid only within.
    static func with<Result>(
        _ passphrase: String?,
        _ body: (@escaping pem_password_cb, UnsafeMutableRawPointer) -> Result
    ) -> Result {
        // A copy of our own, so that there is something to wipe.
        let bytes = WipedBytes(capacity: Self.maximumLength)
        var given = UnsafeRawBufferPointer(start: nil, count: 0)
        if let passphrase { given = bytes.fill(passphrase.utf8) }
        return withExtendedLifetime(bytes) {
            withUnsafeMutablePointer(to: &given) { argument in body(Self.answer, argument) }
        }
    }

    private static var answer: pem_password_cb {
        { destination, size, _, argument in
            guard let destination, let argument else { return -1 }
            let passphrase = argument.assumingMemoryBound(to: UnsafeRawBufferPointer.self).pointee
            guard let source = passphrase.baseAddress, passphrase.count <= Int(size) else { return -1 }
            UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: passphrase.count)
            return Int32(passphrase.count)
        }
    }
}

/// Memory for a secret, wiped before it is given back.
final class WipedBytes {
    let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        self.memory = .allocate(byteCount: max(capacity, 1), alignment: 16)
    }

    deinit {
        OPENSSL_cleanse(self.memory.baseAddress, self.memory.count)
        self.memory.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self.memory.prefix(self.count)) }

    /// As many of `source` as fit.
    func fill(_ source: some Collection<UInt8>) -> UnsafeRawBufferPointer {
        self.count = min(source.count, self.memory.count)
        self.memory.copyBytes(from: source.prefix(self.count))
        return self.bytes
    }

    /// Makes `count` of the bytes, which somebody has written to `memory`, valid.
    func setCount(_ count: Int) { self.count = min(max(count, 0), self.memory.count) }
}

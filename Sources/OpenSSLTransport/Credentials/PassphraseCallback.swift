internal import COpenSSL

/// How OpenSSL asks for the passphrase of a key: always of us, since without a callback it asks the terminal and waits
/// for ever. See pem_password_cb(3).
enum PassphraseCallback {
    typealias Function =
        @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32

    /// OpenSSL's buffer is PEM_BUFSIZE bytes.
    static let maximumLength = Int(PEM_BUFSIZE) - 1

    /// Calls `body` with the function and the argument to give to OpenSSL; both are valid only within.
    static func with<Result>(
        _ passphrase: String?,
        _ body: (Function, UnsafeMutableRawPointer) -> Result
    ) -> Result {
        // A copy of our own, so that there is something to wipe.
        let bytes = WipedBytes(capacity: Self.maximumLength)
        var given = UnsafeRawBufferPointer(start: nil, count: 0)
        if let passphrase { given = bytes.fill(passphrase.utf8) }
        return withExtendedLifetime(bytes) {
            withUnsafeMutablePointer(to: &given) { argument in body(Self.answer, argument) }
        }
    }

    private static var answer: Function {
        { destination, size, _, argument in
            guard let destination, let argument else { return -1 }
            let passphrase = argument.assumingMemoryBound(to: UnsafeRawBufferPointer.self).pointee
            guard let source = passphrase.baseAddress, passphrase.count <= Int(size) else { return -1 }
            UnsafeMutableRawPointer(destination).copyMemory(from: source, byteCount: passphrase.count)
            return Int32(passphrase.count)
        }
    }
}

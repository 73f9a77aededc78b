internal import COpenSSL

// How this module calls OpenSSL: the thread's error queue is empty before and after each piece of work, and each call that
// can fail is wrapped in one of the two functions below, which turn what the queue holds into an error.

/// Does a piece of work on an empty error queue and leaves it empty.
func withOpenSSL<Result>(_ work: () throws(CertificateError) -> Result) throws(CertificateError) -> Result {
    COpenSSL_keepAtExit()
    ERR_clear_error()
    defer { ERR_clear_error() }
    return try work()
}

func require(_ succeeded: Bool, _ what: String) throws(CertificateError) {
    guard succeeded else {
        throw CertificateError("OpenSSL could not \(what).", openSSLErrors: drainErrorQueue())
    }
}

func require<Value>(_ value: Value?, _ what: String) throws(CertificateError) -> Value {
    try require(value != nil, what)
    guard let value else { throw CertificateError("OpenSSL could not \(what).") }
    return value
}

/// What `write` puts into a BIO in memory.
func collectBytes(
    _ what: String,
    _ write: (OpaquePointer) -> Bool
) throws(CertificateError) -> [UInt8] {
    let bio = try require(BIO_new(BIO_s_mem()), what)
    defer { BIO_free(bio) }
    try require(write(bio), what)
    var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(bio))
    try require(BIO_read(bio, &bytes, Int32(bytes.count)) == bytes.count, what)
    return bytes
}

private func drainErrorQueue() -> [String] {
    var texts: [String] = []
    while true {
        let code = ERR_get_error()
        guard code != 0 else { return texts }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        texts.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}

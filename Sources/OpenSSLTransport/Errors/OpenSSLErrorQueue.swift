internal import COpenSSL

/// The thread's queue of OpenSSL's errors. See ERR_get_error(3).
enum OpenSSLErrorQueue {
    /// Takes all codes off the queue, oldest first; what is beyond 16 is dropped.
    static func drain() -> [UInt] {
        var codes: [UInt] = []
        while case let code = ERR_get_error(), code != 0 {
            if codes.count < 16 { codes.append(code) }
        }
        return codes
    }

    /// As OpenSSL writes a code: `error:0A000086:SSL routines::certificate verify failed`.
    static func text(_ code: UInt) -> String {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

internal import COpenSSL

/// Tells a private key in the second version of PKCS#8 (OneAsymmetricKey, RFC 5958), which has its public key beside it, as Java,
/// Rust and Go's tools write some. Older OpenSSLs do not read it.
enum PKCS8Version {
    static func isSecond(pem bytes: UnsafeRawBufferPointer) -> Bool {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var content: UnsafeMutablePointer<UInt8>?
        var count = 0
        let isRead = withMemoryBIO(bytes) { PEM_read_bio($0, &label, &header, &content, &count) == 1 ? true : nil }
        defer {
            COpenSSL_OPENSSL_free(label)
            COpenSSL_OPENSSL_free(header)
            if let content { OPENSSL_cleanse(content, count) }
            COpenSSL_OPENSSL_free(content)
            ERR_clear_error()
        }
        guard isRead == true, let content, count > 0 else { return false }
        return Self.isSecond(der: UnsafeRawBufferPointer(start: content, count: count))
    }

    /// SEQUENCE, its length in one to five bytes, INTEGER 1, and the SEQUENCE of an algorithm: in the older form of EC keys an
    /// OCTET STRING follows.
    static func isSecond(der bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 12, bytes[0] == 0x30 else { return false }
        let lengthCount = bytes[1] > 0x80 ? 2 + Int(bytes[1] & 0x7F) : 2
        guard lengthCount <= 6 else { return false }
        return bytes[lengthCount...].starts(with: [0x02, 0x01, 0x01, 0x30])
    }
}

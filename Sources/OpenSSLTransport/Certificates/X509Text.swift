internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The parts of OpenSSL's X509 structures as Swift's values. Everything is taken by length: a NUL ends nothing.
enum X509Text {
    /// A name as RFC 2253 writes it, in UTF-8, with control characters escaped by OpenSSL.
    static func name(_ name: OpaquePointer?) -> String {
        guard let name else { return "" }
        return Self.printed { X509_NAME_print_ex($0, name, 0, COpenSSL_XN_FLAG_RFC2253_in_UTF8()) >= 0 }
    }

    static func serialNumber(_ certificate: OpaquePointer) -> String {
        guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else { return "" }
        defer { BN_free(number) }
        guard let text = BN_bn2hex(number) else { return "" }
        defer { COpenSSL_OPENSSL_free(text) }
        return String(cString: text)
    }

    static func sha256Fingerprint(_ certificate: OpaquePointer) -> [UInt8] {
        // Done by the certificate's own library context.
        Self.sha256 { X509_digest(certificate, EVP_sha256(), $0, $1) }
    }

    /// What a 'TRUSTED CERTIFICATE' says beside itself (i2d_X509_AUX(3)): for what it is trusted, and for what it is not. Mostly
    /// empty.
    static func trustSettings(_ certificate: OpaquePointer) -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = Int(i2d_X509_AUX(certificate, &memory))
        defer { COpenSSL_OPENSSL_free(memory) }
        guard let memory, count > 0 else { return [] }
        return Array(
            UnsafeBufferPointer(start: memory, count: count).dropFirst(Int(max(0, i2d_X509(certificate, nil))))
        )
    }

    static func sha256Fingerprint(ofList list: OpaquePointer) -> [UInt8] {
        Self.sha256 { X509_CRL_digest(list, EVP_sha256(), $0, $1) }
    }

    /// Of the public key with its algorithm (SPKI), as certificate pins use it.
    static func sha256OfPublicKey(_ key: OpaquePointer, in library: LibraryContext?) -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(key, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        guard let memory, count > 0 else { return [] }
        guard let library else { return Self.sha256 { EVP_Digest(memory, Int(count), $0, $1, EVP_sha256(), nil) } }
        guard let algorithm = EVP_MD_fetch(library.pointer, "SHA2-256", nil) else { return [] }
        defer { EVP_MD_free(algorithm) }
        return Self.sha256 { EVP_Digest(memory, Int(count), $0, $1, algorithm, nil) }
    }

    private static func sha256(
        _ digest: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) -> Int32
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard digest(&bytes, &count) == 1 else { return [] }
        return Array(bytes.prefix(Int(count)))
    }

    static func objectIdentifier(_ object: OpaquePointer?) -> String {
        guard let object else { return "" }
        // A name that was cut could pass for another: a longer one is written again, with room for all of it.
        var text = [CChar](repeating: 0, count: 128)
        var count = OBJ_obj2txt(&text, Int32(text.count), object, 1)
        if count >= text.count {
            text = [CChar](repeating: 0, count: Int(count) + 1)
            count = OBJ_obj2txt(&text, count + 1, object, 1)
        }
        guard count > 0, count < text.count else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// In OpenSSL's short names, `serverAuth` for instance, and in numbers where it has none; empty if the certificate does
    /// not say, which allows all.
    static func extendedKeyUsages(of certificate: OpaquePointer) -> [String] {
        guard let value = X509_get_ext_d2i(certificate, NID_ext_key_usage, nil, nil) else { return [] }
        let usages = OpaquePointer(value)
        defer { EXTENDED_KEY_USAGE_free(usages) }
        return (0..<COpenSSL_stack_of_ASN1_OBJECT_count(usages)).prefix(16).compactMap {
            COpenSSL_stack_of_ASN1_OBJECT_value(usages, $0).map { usage in
                let identifier = OBJ_obj2nid(usage)
                guard identifier != NID_undef, let name = OBJ_nid2sn(identifier) else {
                    return Self.objectIdentifier(usage)
                }
                return String(cString: name)
            }
        }
    }

    /// The beginning of 1970 if OpenSSL cannot read `time`.
    static func date(_ time: UnsafePointer<ASN1_TIME>?) -> Date {
        Self.readableDate(time) ?? Date(timeIntervalSince1970: 0)
    }

    /// Nil if OpenSSL cannot read `time`.
    static func readableDate(_ time: UnsafePointer<ASN1_TIME>?) -> Date? {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard let time, ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Date(timeIntervalSince1970: Double(days) * 86_400 + Double(seconds))
    }

    /// For persons: `2026-01-27T17:11:17Z`, or that it is no date.
    static func text(of time: UnsafePointer<ASN1_TIME>?) -> String {
        Self.readableDate(time).map { Self.text($0) } ?? "an unreadable date"
    }

    /// `2026-01-27T17:11:17Z`
    static func text(_ date: Date) -> String { date.formatted(.iso8601) }

    static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func bytes(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        guard let string, let data = ASN1_STRING_get0_data(string) else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: Int(max(0, ASN1_STRING_length(string)))))
    }

    /// What `print` writes to a BIO.
    static func printed(_ print: (OpaquePointer) -> Bool) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        guard print(bio) else { return "" }
        var data: UnsafeMutablePointer<CChar>?
        let count = COpenSSL_BIO_get_mem_data(bio, &data)
        guard let data, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
    }
}

internal import COpenSSL

/// The private keys of a PFX, of which PKCS12_parse(3) tells only the first.
enum PKCS12Keys {
    /// - Parameter passphrase: It has opened the PFX.
    static func count(in pfx: OpaquePointer?, passphrase: UnsafePointer<CChar>?) -> Int {
        defer { ERR_clear_error() }
        guard let parts = PKCS12_unpack_authsafes(pfx) else { return 0 }
        defer { OPENSSL_sk_pop_free(parts) { PKCS7_free($0?.assumingMemoryBound(to: PKCS7.self)) } }
        var count = 0
        for index in 0..<OPENSSL_sk_num(parts) {
            guard let part = OPENSSL_sk_value(parts, index)?.assumingMemoryBound(to: PKCS7.self),
                let bags = Self.bags(of: part, passphrase)
            else { continue }
            count += Self.count(among: bags, depth: 0)
            OPENSSL_sk_pop_free(bags) { PKCS12_SAFEBAG_free($0.map { OpaquePointer($0) }) }
        }
        return count
    }

    private static func bags(of part: UnsafeMutablePointer<PKCS7>, _ passphrase: UnsafePointer<CChar>?)
        -> OpaquePointer?
    {
        switch OBJ_obj2nid(part.pointee.type) {
        case NID_pkcs7_data: return PKCS12_unpack_p7data(part)
        case NID_pkcs7_encrypted:
            // None and an empty one are two things.
            if let passphrase, passphrase.pointee != 0 { return PKCS12_unpack_p7encdata(part, passphrase, -1) }
            return PKCS12_unpack_p7encdata(part, nil, 0) ?? PKCS12_unpack_p7encdata(part, "", 0)
        default: return nil
        }
    }

    /// Bags hold bags; nobody needs more than a few levels of them.
    private static func count(among bags: OpaquePointer, depth: Int) -> Int {
        (0..<OPENSSL_sk_num(bags)).reduce(0) { count, index in
            guard let bag = OPENSSL_sk_value(bags, index).map({ OpaquePointer($0) }) else { return count }
            switch PKCS12_SAFEBAG_get_nid(bag) {
            case NID_keyBag, NID_pkcs8ShroudedKeyBag: return count + 1
            case NID_safeContentsBag where depth < 4:
                return count + (PKCS12_SAFEBAG_get0_safes(bag).map { Self.count(among: $0, depth: depth + 1) } ?? 0)
            default: return count
            }
        }
    }
}

internal import COpenSSL

/// With which versions of TLS a certificate's key can sign.
struct KeyVersions {
    let versions: [TLSVersion]
    /// `EC secp224r1`, for example.
    let name: String
    /// What would let TLS 1.2 use it, as a sentence with a space at its end; may be empty.
    let condition: String

    /// - Parameters:
    ///   - key: An EVP_PKEY*, the public half.
    ///   - groups: Those of the configuration, in which TLS 1.2 looks for an EC key's curve (RFC 8422, section 5.1).
    init(_ key: OpaquePointer, groups: [String]) {
        let kind = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
        guard kind == "EC" else {
            // What can agree on a secret, or sign only in ways that TLS has no name for. Of what is unknown here, newer than this,
            // OpenSSL may know how.
            let isUseless = ["DSA", "DH", "DHX", "X25519", "X448", "SM2"].contains(kind)
            self.versions = isUseless ? [] : [.tls12, .tls13]
            self.name = kind
            self.condition = ""
            return
        }
        var text = [CChar](repeating: 0, count: 80)
        var count = 0
        let isNamed = EVP_PKEY_get_group_name(key, &text, text.count, &count) == 1
        let group = isNamed ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
        self.name = isNamed ? "EC \(EscapedText(group, limit: 64))" : "EC with a curve of its own"
        let curve = isNamed ? Self.number(of: group) : NID_undef
        var versions: [TLSVersion] = []
        let isInGroups = curve != NID_undef && groups.contains { Self.number(of: $0) == curve }
        let isUsual = [NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1].contains(curve)
        if isUsual || isInGroups || (isNamed && groups == ["the system's"]) { versions.append(.tls12) }
        // The curves of RFC 8446, section 4.2.3, and those of RFC 8734, which OpenSSL has since 3.2.
        if isUsual || (group.hasPrefix("brainpool") && OPENSSL_version_minor() >= 2) { versions.append(.tls13) }
        self.versions = versions
        self.condition =
            isNamed && versions.isEmpty
            ? "It works with TLS 1.2 alone, and where the groups of both sides name \(EscapedText(group, limit: 64)). "
            : ""
    }

    private static func number(of group: String) -> Int32 {
        let group = group.drop { "*?".contains($0) }
        let number = OBJ_sn2nid(String(group))
        return number != NID_undef ? number : EC_curve_nist2nid(String(group))
    }
}

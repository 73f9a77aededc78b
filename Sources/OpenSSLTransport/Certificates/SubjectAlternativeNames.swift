internal import COpenSSL

extension TLSPeerCertificate.SubjectAlternativeName {
    /// All of an X509*'s, in its order; none if the extension is missing or broken. Their number is bounded by what a
    /// certificate of the context's limit can hold.
    static func all(of certificate: OpaquePointer) -> [Self] {
        guard let extensionValue = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(extensionValue)
        defer { GENERAL_NAMES_free(names) }
        return (0..<COpenSSL_stack_of_GENERAL_NAME_count(names)).compactMap { index in
            COpenSSL_stack_of_GENERAL_NAME_value(names, index).map { Self($0) }
        }
    }

    private init(_ name: UnsafeMutablePointer<GENERAL_NAME>) {
        var type: Int32 = -1
        let value = GENERAL_NAME_get0_value(name, &type)
        switch type {
        case GEN_DNS: self = Self.text(value, "DNS", Self.dns)
        case GEN_EMAIL: self = Self.text(value, "email", Self.email)
        case GEN_URI: self = Self.text(value, "URI", Self.uri)
        case GEN_IPADD:
            let bytes = Self.bytes(value)
            self = PeerName.text(ofAddress: bytes).map(Self.ip) ?? .other(kind: "IP", bytes: bytes)
        case GEN_DIRNAME:
            self = .directoryName(X509Text.name(value.map { OpaquePointer($0) }))
        case GEN_RID:
            self = .registeredID(X509Text.objectIdentifier(value.map { OpaquePointer($0) }))
        case GEN_OTHERNAME: self = Self.otherName(name) ?? .other(kind: "otherName", bytes: Self.encoded(name))
        case GEN_X400: self = .other(kind: "x400Address", bytes: Self.encoded(name))
        default: self = .other(kind: "ediPartyName", bytes: Self.encoded(name))
        }
    }

    /// An IA5String of printable characters; anything else could pass for a name that it is not.
    private static func text(_ value: UnsafeMutableRawPointer?, _ kind: String, _ make: (String) -> Self) -> Self {
        let bytes = Self.bytes(value)
        guard !bytes.isEmpty, bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            return .other(kind: kind, bytes: bytes)
        }
        return make(String(decoding: bytes, as: UTF8.self))
    }

    private static func bytes(_ value: UnsafeMutableRawPointer?) -> [UInt8] {
        X509Text.bytes(value?.assumingMemoryBound(to: ASN1_STRING.self))
    }

    private static func otherName(_ name: UnsafeMutablePointer<GENERAL_NAME>) -> Self? {
        var type: OpaquePointer?
        var value: UnsafeMutablePointer<ASN1_TYPE>?
        guard GENERAL_NAME_get0_otherName(name, &type, &value) == 1, let type, let value else { return nil }
        let identifier = X509Text.objectIdentifier(type)
        guard !identifier.isEmpty else { return nil }
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_ASN1_TYPE(value, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        guard let memory, count > 0 else { return nil }
        return .otherName(type: identifier, value: Array(UnsafeBufferPointer(start: memory, count: Int(count))))
    }

    /// The whole name in DER.
    private static func encoded(_ name: UnsafeMutablePointer<GENERAL_NAME>) -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_GENERAL_NAME(name, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        guard let memory, count > 0 else { return [] }
        return Array(UnsafeBufferPointer(start: memory, count: Int(count)))
    }
}

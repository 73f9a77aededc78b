#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What bytes are that are neither PEM nor DER, where that can be told: with a remedy, and without a piece of them.
struct ForeignForm {
    /// To follow "the file 'x'".
    var message: String
    var hint: String

    init?(_ bytes: UnsafeRawBufferPointer, as kind: CredentialKind) {
        let text = bytes.drop { $0 <= 0x20 }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            self.init(message: "is text in UTF-16", hint: "Save it as UTF-8 or ASCII.")
        } else if bytes.first == 0x30, FoundContent(der: bytes) != nil {
            self.init(message: "holds DER, not PEM", hint: "Give it with .der(…).")
        } else if bytes.starts(with: [0xFE, 0xED, 0xFE, 0xED]) || bytes.starts(with: [0xCE, 0xCE, 0xCE, 0xCE]) {
            self.init(
                message: "is a key store of Java's (JKS)",
                hint: "Convert it to PKCS#12: Java's keytool does so (-importkeystore, with -deststoretype PKCS12)."
            )
        } else if Self.isQuoted(text) {
            self.init(
                message: "has its PEM in quotation marks",
                hint: "Take away the quotation marks at its beginning and its end."
            )
        } else if String(decoding: bytes.prefix(4096), as: UTF8.self).contains("-----BEGIN ") {
            self.init(
                message: "has its BEGIN not at the start of a line",
                hint: "Take away what stands before '-----BEGIN', spaces included."
            )
        } else if let decoded = Self.decoded(text) {
            if decoded.starts(with: "-----BEGIN ".utf8) {
                self.init(message: "is PEM in base64 once more", hint: "Decode it: base64 -d FILE > NEWFILE")
            } else if decoded.first == 0x30 {
                self.init(
                    message: "holds base64 without the lines that PEM has around it",
                    hint:
                        "Put '-----BEGIN \(kind.pemLabel)-----' and '-----END \(kind.pemLabel)-----' in lines of their own "
                        + "around it."
                )
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    private init(message: String, hint: String) {
        self.message = message
        self.hint = hint
    }

    private static func isQuoted(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = text.first, "\"'".utf8.contains(first) else { return false }
        return text.dropFirst().drop { $0 <= 0x20 }.starts(with: "-----BEGIN ".utf8)
    }

    /// The first bytes of what is base64 and nothing else, as far as they are looked at.
    private static func decoded(_ text: Slice<UnsafeRawBufferPointer>) -> [UInt8]? {
        let start = text.lazy.filter { $0 > 0x20 }.prefix(64)
        guard start.count == 64, let decoded = Data(base64Encoded: Data(start)) else { return nil }
        return Array(decoded)
    }
}

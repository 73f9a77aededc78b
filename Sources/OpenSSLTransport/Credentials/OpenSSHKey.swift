#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A private key in OpenSSH's own form (PROTOCOL.key in its sources), which OpenSSL does not read.
enum OpenSSHKey {
    /// Whether it is one that ssh-keygen cannot write in another form: an Ed25519 key, or one that stays in a token. The name of
    /// its kind is not encrypted.
    static func isBoundToForm(pem bytes: UnsafeRawBufferPointer) -> Bool {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.starts(with: "-----".utf8) }
        // The name stands within the first hundred bytes.
        let start = lines.joined().filter { $0 > 0x20 }.prefix(256)
        guard let decoded = Data(base64Encoded: Data(start.prefix(start.count / 4 * 4))) else { return false }
        let text = String(decoding: decoded, as: UTF8.self)
        return text.contains("ssh-ed25519") || text.contains("sk-")
    }
}

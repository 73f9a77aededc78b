#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// One entry of a certificate's subject alternative names (RFC 5280, section 4.2.1.6).
///
/// The text goes into the certificate byte by byte and unchecked: NUL, newline, escape and what is not ASCII too, because
/// certificates with such names are what a peer may send.
public enum AlternativeName: Sendable, Hashable {
    case dns(String)
    /// An IPv4 or IPv6 address as text, without brackets or zone.
    case ip(String)
    case uri(String)
    case email(String)
    /// Any content under any tag, for names that no honest authority would sign: `(tag: 0x87, [1, 2, 3])` is an IP address
    /// of three bytes. Tags: 0x81 email, 0x82 DNS, 0x86 URI, 0x87 IP address, 0xA4 directory name.
    case raw(tag: UInt8, [UInt8])

    /// An IP address where the text is one, otherwise a DNS name.
    public init(host: String) {
        self = addressBytes(host) == nil ? .dns(host) : .ip(host)
    }
}

extension AlternativeName {
    /// The DER value of the extension with these names.
    static func encode(_ names: [AlternativeName]) throws(CertificateError) -> [UInt8] {
        var content: [UInt8] = []
        for name in names { content += try name.encoded() }
        return encodeDER(tag: 0x30, content)
    }

    private func encoded() throws(CertificateError) -> [UInt8] {
        switch self {
        case .email(let text): return encodeDER(tag: 0x81, Array(text.utf8))
        case .dns(let text): return encodeDER(tag: 0x82, Array(text.utf8))
        case .uri(let text): return encodeDER(tag: 0x86, Array(text.utf8))
        case .raw(let tag, let bytes): return encodeDER(tag: tag, bytes)
        case .ip(let text):
            guard let bytes = addressBytes(text) else {
                throw CertificateError("“\(text)” is not an IP address: write it like 192.0.2.1 or 2001:db8::1.")
            }
            return encodeDER(tag: 0x87, bytes)
        }
    }
}

/// Four bytes, sixteen bytes, or nil where the text is no IP address; inet_pton(3) decides.
private func addressBytes(_ text: String) -> [UInt8]? {
    guard !text.utf8.contains(0) else { return nil }
    for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
        var bytes = [UInt8](repeating: 0, count: count)
        if inet_pton(family, text, &bytes) == 1 { return bytes }
    }
    return nil
}

/// Tag, length, content (ITU-T X.690, section 8.1).
private func encodeDER(tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    guard content.count >= 0x80 else { return [tag, UInt8(content.count)] + content }
    var length = content.count
    var octets: [UInt8] = []
    while length > 0 {
        octets.insert(UInt8(truncatingIfNeeded: length), at: 0)
        length >>= 8
    }
    return [tag, 0x80 | UInt8(octets.count)] + octets + content
}

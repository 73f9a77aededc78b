#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The name of a server that its certificate must carry: a DNS name or an IP address, parsed once, so that what is
/// sent (SNI) and what is verified cannot differ.
enum PeerName: Hashable, Sendable {
    /// Lower or upper case letters, digits, hyphens, underscores and dots; no trailing dot.
    case dns(String)
    /// 4 or 16 bytes in network order. Never sent as SNI (RFC 6066, section 3).
    case ip([UInt8])

    /// - Throws: a sentence's end that says what is wrong with `host`.
    init(_ host: String) throws(Fault) {
        guard !host.isEmpty else { throw Fault("is empty") }
        if let address = Self.address(host) {
            self = .ip(address)
            return
        }
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        try Self.check(name)
        self = .dns(name)
    }

    struct Fault: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// IPv4 in four decimal numbers, or IPv6 with or without brackets and a zone, which certificates do not have.
    private static func address(_ host: String) -> [UInt8]? {
        var text = host[...]
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        if text.contains(":"), let zone = text.firstIndex(of: "%") { text = text[..<zone] }
        guard !text.utf8.contains(0) else { return nil }  // C would see another text than we do
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, String(text), &bytes) == 1 { return bytes }
        if inet_pton(AF_INET, String(text), &bytes) == 1, !host.hasPrefix("[") { return Array(bytes.prefix(4)) }
        return nil
    }

    private static func check(_ name: String) throws(Fault) {
        guard name.utf8.count <= 253 else { throw Fault("is longer than a host name can be (253 bytes)") }
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw Fault("is not in ASCII; give an international name in its 'xn--' form")
        }
        if name.contains(":") { throw Fault("contains a colon; give the port apart from the host") }
        guard name.utf8.allSatisfy(Self.isAllowed) else {
            throw Fault("contains a character that host names do not have")
        }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty }) else { throw Fault("has an empty part between, before or after dots") }
        guard labels.allSatisfy({ $0.utf8.count <= 63 }) else { throw Fault("has a part of more than 63 bytes") }
        // What looks like an address to the resolver ("127.1", "0x7f.1", "2130706433") would else be verified as a name.
        guard let last = labels.last, !Self.isNumber(last) else {
            throw Fault("looks like an IP address but is none; write four decimal numbers with dots")
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        let hexadecimal = label.hasPrefix("0x") || label.hasPrefix("0X")
        return hexadecimal ? label.dropFirst(2).allSatisfy(\.isHexDigit) : label.allSatisfy(\.isNumber)
    }
}

extension PeerName: CustomStringConvertible {
    var description: String {
        switch self {
        case .dns(let name): name
        case .ip(let bytes): Self.text(ofAddress: bytes) ?? ""
        }
    }

    /// An address as OpenSSL writes it ("0:0:0:0:0:0:0:1") in the usual way ("::1"); other text as it is.
    static func canonical(_ text: String) -> String { Self.address(text).flatMap(Self.text(ofAddress:)) ?? text }

    /// The usual way to write an address of 4 or 16 bytes; nil for any other number of bytes.
    static func text(ofAddress bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// What names objects in a store. It may hold a PIN, or the place of one (RFC 7512, section 2.3), so it is printed without.
struct StoreURI: Sendable, CustomStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) { self.text = text }

    /// In lower case; nil for what begins with none, which OpenSSL takes for a path.
    var scheme: String? {
        guard let colon = self.text.firstIndex(of: ":"), colon != self.text.startIndex else { return nil }
        let scheme = self.text[..<colon].lowercased()
        let isScheme = scheme.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "+-.".utf8.contains(byte)
            }
        }
        return isScheme ? scheme : nil
    }

    /// Where it is no more than the name of a file or directory.
    var path: String? {
        guard let scheme = self.scheme else { return self.text }
        guard scheme == "file" else { return nil }
        let rest = self.text.dropFirst("file:".count)
        for host in ["//localhost/", "///"] where rest.hasPrefix(host) { return "/" + rest.dropFirst(host.count) }
        return String(rest)
    }

    /// Whether it brings a PIN along.
    var holdsPIN: Bool { ["pin-value", "pin-source"].contains { self.text.lowercased().contains($0) } }

    /// Cut at the query, which is where PINs belong, and elsewhere without the values of what is called after a secret.
    var description: String {
        let end = self.text.firstIndex(of: "?")
        var shown = Self.withoutUser(String(self.text[..<(end ?? self.text.endIndex)]))
        let secretNames = self.path == nil ? ["pin", "pass", "secret"] : ["pin-value", "pin-source"]
        for separator in [";", "&"] {
            shown = shown.split(separator: separator, omittingEmptySubsequences: false)
                .map { Self.shown($0, secretNames) }.joined(separator: separator)
        }
        return EscapedText(shown + (end == nil ? "" : "?…"), limit: 512).description
    }

    var customMirror: Mirror { Mirror(self, children: []) }

    /// `name=value`, without the value if that may be secret, as it may where the name is in disguise.
    private static func shown(_ attribute: Substring, _ secretNames: [String]) -> String {
        let name = String(attribute.prefix { $0 != "=" })
        let isDisguised = name.contains("%") && name.count < attribute.count
        let isSecret = isDisguised || secretNames.contains { name.lowercased().contains($0) }
        guard isSecret else { return String(attribute) }
        return name.count < attribute.count ? "\(name)=…" : "…"
    }

    /// Without `user:password@`.
    private static func withoutUser(_ text: String) -> String {
        guard let slashes = text.firstRange(of: "//") else { return text }
        let authority = text[slashes.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return text }
        return "\(text[..<slashes.upperBound])…\(text[at...])"
    }
}

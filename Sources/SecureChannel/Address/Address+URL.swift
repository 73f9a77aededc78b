public import OpenSSLTransport

extension Address {
    /// Reads `tcp://host:port`, `tls://host:port` or `unix:/path`.
    ///
    /// IPv6 addresses stand in brackets: `tcp://[::1]:5555`. `unix:///path` and relative paths (`unix:path`) work too. What an
    /// address cannot say is refused and never dropped: a user, a path after a port, a query, a fragment, per cent signs, a
    /// host before a Unix socket's path.
    ///
    /// - Parameters:
    ///   - url: the address.
    ///   - tls: the configuration for a `tls` address, and only for that.
    /// - Throws: ``ChannelError`` with the code `invalidConfiguration`, which says what is wrong with `url`.
    public init(_ url: String, tls: TLSConfiguration? = nil) throws(ChannelError) {
        if url.hasPrefix("unix:") {
            self = .unix(path: try Self.path(url.dropFirst("unix:".count), of: url))
        } else if url.hasPrefix("tcp://") {
            let (host, port) = try Self.hostAndPort(url.dropFirst("tcp://".count), of: url)
            self = .tcp(host: host, port: port)
        } else if url.hasPrefix("tls://") {
            let (host, port) = try Self.hostAndPort(url.dropFirst("tls://".count), of: url)
            guard let tls else { throw Self.invalid(url, "a tls address needs a TLSConfiguration beside it") }
            self = .tls(host: host, port: port, tls)
        } else {
            throw Self.invalid(url, "it does not begin with tcp://, tls:// or unix:")
        }
        try validate()
    }

    /// Finds what can be found wrong with an address without asking the network.
    func validate() throws(ChannelError) {
        switch self {
        case .tcp(let host, let port), .tls(let host, let port, _):
            if let fault = Self.fault(ofHost: host) { throw Self.invalid(description, fault) }
            guard (0...65535).contains(port) else {
                throw Self.invalid(description, "the port is not between 0 and 65535")
            }
        case .unix(let path):
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw Self.invalid(description, "the path is empty or has a NUL byte in it")
            }
            guard path.utf8.count <= Self.maximumPathLength else {
                throw Self.invalid(
                    description,
                    "the path has \(path.utf8.count) bytes, and a Unix socket's at most \(Self.maximumPathLength)"
                )
            }
        }
    }

    /// `sun_path` less its final NUL: 108 bytes on Linux, 104 elsewhere.
    #if os(Linux)
        private static let maximumPathLength = 107
    #else
        private static let maximumPathLength = 103
    #endif

    /// What is wrong with a host's name or address; nil if nothing is.
    ///
    /// Signs that belong to no name mean something else in a URL, and would be looked up as a part of the name.
    private static func fault(ofHost host: String) -> String? {
        if host.isEmpty { return "the host is empty" }
        if host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) || host.contains(where: \.isWhitespace) {
            return "the host has white space or control characters in it"
        }
        if host.contains("@") { return "the host has an '@' in it, and there are no users" }
        if host.contains(":") {
            // Only what stands behind '%', the zone, may be anything but digits.
            let address = host.prefix { $0 != "%" }
            guard address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                return "the host has a colon in it, and is no IPv6 address"
            }
            let zone = host.dropFirst(address.count)
            return zone == "%" || zone.dropFirst().contains { "%/?#[]".contains($0) }
                ? "the zone after '%' names no network interface" : nil
        }
        if host.contains("%") { return "the host has a '%' in it: write the name as it is, without encoding" }
        let stray = host.first { "/?#[]\\\"<>^`{|}".contains($0) }
        return stray.map { "the host has '\($0)' in it" }
    }

    private static func path(_ text: Substring, of url: String) throws(ChannelError) -> String {
        guard text.hasPrefix("//") else {
            guard !text.isEmpty else { throw invalid(url, "it has no path") }
            return String(text)
        }
        let path = text.dropFirst(2)
        guard !path.isEmpty else { throw invalid(url, "it has no path") }
        // Of a URL a host would stand here.
        guard path.hasPrefix("/") else {
            throw invalid(
                url,
                "'\(path.prefix { $0 != "/" })' stands where a host would; a relative path has no '//' before it"
            )
        }
        return String(path)
    }

    private static func hostAndPort(
        _ text: Substring,
        of url: String
    ) throws(ChannelError) -> (host: String, port: Int) {
        if text.contains("@") { throw invalid(url, "there are no users, and no '@'") }
        var text = text
        if let end = text.firstIndex(where: { "/?#".contains($0) }) {
            guard text[end...] == "/" else {
                throw invalid(url, "there is nothing that '\(text[end...])' after the port could mean")
            }
            text = text[..<end]
        }
        var host: Substring
        let rest: Substring
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { throw invalid(url, "the closing bracket is missing") }
            host = text[..<bracket].dropFirst()
            rest = text[text.index(after: bracket)...]
            // Brackets are for IPv6 alone; around a name they would be dropped in silence.
            guard host.contains(":") else { throw invalid(url, "only an IPv6 address stands in brackets") }
        } else {
            let colon = text.lastIndex(of: ":") ?? text.endIndex
            host = text[..<colon]
            rest = text[colon...]
            if host.contains(":") { throw invalid(url, "an IPv6 address must stand in brackets") }
        }
        guard rest.hasPrefix(":") else { throw invalid(url, "the port is missing") }
        return (String(host), try port(rest.dropFirst(), of: url))
    }

    /// Digits alone, and as anybody writes them: what has a leading zero is octal to some.
    private static func port(_ digits: Substring, of url: String) throws(ChannelError) -> Int {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw invalid(url, "the port is not a number")
        }
        guard digits == "0" || !digits.hasPrefix("0") else { throw invalid(url, "the port begins with a zero") }
        guard let port = Int(digits), port <= 65535 else { throw invalid(url, "the port is not between 0 and 65535") }
        return port
    }

    /// What stands before an '@' may be a password, and is not repeated.
    private static func withoutUser(_ url: String) -> String {
        guard !url.hasPrefix("unix:"), let at = url.lastIndex(of: "@") else { return url }
        let begin = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        return begin <= at ? url[..<begin] + "…" + url[at...] : url
    }

    private static func invalid(_ url: String, _ reason: String) -> ChannelError {
        ChannelError(
            .invalidConfiguration,
            "'\(PeerText.clean(withoutUser(url), limit: 300))' is not an address: \(reason).",
            phase: .configuration,
            hint: "Write tcp://host:port, tls://host:port or unix:/path."
        )
    }
}

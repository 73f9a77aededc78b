public import OpenSSLTransport

extension Address {
    /// Reads `tcp://host:port`, `tls://host:port` or `unix:/path`.
    ///
    /// IPv6 addresses stand in brackets: `tcp://[::1]:5555`. `unix:///path` and relative paths work too.
    ///
    /// - Parameters:
    ///   - url: the address.
    ///   - tls: the configuration for a `tls` address, and only for that.
    /// - Throws: ``ChannelError`` with the code `invalidConfiguration`, which says what is wrong with `url`.
    public init(_ url: String, tls: TLSConfiguration? = nil) throws(ChannelError) {
        if url.hasPrefix("unix:") {
            var path = url.dropFirst("unix:".count)
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty else { throw Self.invalid(url, "it has no path") }
            self = .unix(path: String(path))
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
            guard !host.isEmpty else { throw Self.invalid(description, "the host is empty") }
            guard !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
                throw Self.invalid(description, "the host has white space or control characters in it")
            }
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

    private static func hostAndPort(
        _ text: Substring,
        of url: String
    ) throws(ChannelError) -> (host: String, port: Int) {
        var text = text
        if text.hasSuffix("/") { text = text.dropLast() }
        guard let colon = text.lastIndex(of: ":") else { throw invalid(url, "the port is missing") }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits) else {
            throw invalid(url, "the port is not a number")
        }
        var host = text[..<colon]
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { throw invalid(url, "the closing bracket is missing") }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw invalid(url, "an IPv6 address must stand in brackets")
        }
        return (String(host), port)
    }

    private static func invalid(_ url: String, _ reason: String) -> ChannelError {
        ChannelError(
            .invalidConfiguration,
            "'\(PeerText.clean(url, limit: 300))' is not an address: \(reason).",
            phase: .configuration,
            hint: "Write tcp://host:port, tls://host:port or unix:/path."
        )
    }
}

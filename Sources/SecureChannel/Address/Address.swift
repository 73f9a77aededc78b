public import OpenSSLTransport

/// Where to connect to or to listen on; the address alone says how bytes travel.
///
/// ```swift
/// let channel = try await openChannel(.tls(host: "db1.internal", port: 5555, tls))
/// let local = try await openChannel(.unix(path: "/run/db.sock"))
/// ```
///
/// Complete: these are the transports there are.
public enum Address: Sendable, Hashable {
    /// Unencrypted TCP. `host` is a name, an IPv4 or an IPv6 address; for a server, `port` 0 asks for a free one.
    case tcp(host: String, port: Int)
    /// A Unix domain socket; its path has at most 107 bytes (`unix(7)`).
    case unix(path: String)
    /// TLS over TCP. A client verifies that the server's certificate is for `host`.
    case tls(host: String, port: Int, TLSConfiguration)

    /// ``tcp(host:port:)`` without labels.
    public static func tcp(_ host: String, _ port: Int) -> Address { .tcp(host: host, port: port) }

    /// ``unix(path:)`` without a label.
    public static func unix(_ path: String) -> Address { .unix(path: path) }

    /// ``tls(host:port:_:)`` without labels.
    public static func tls(_ host: String, _ port: Int, _ configuration: TLSConfiguration) -> Address {
        .tls(host: host, port: port, configuration)
    }
}

extension Address {
    /// The TLS configuration of a `tls` address.
    public var tls: TLSConfiguration? {
        guard case .tls(_, _, let configuration) = self else { return nil }
        return configuration
    }

    /// The port of a `tcp` or `tls` address.
    public var port: Int? {
        switch self {
        case .tcp(_, let port), .tls(_, let port, _): port
        case .unix: nil
        }
    }

    /// The same address with another port; a Unix address as it is.
    func with(port: Int) -> Address {
        switch self {
        case .tcp(let host, _): .tcp(host: host, port: port)
        case .tls(let host, _, let configuration): .tls(host: host, port: port, configuration)
        case .unix: self
        }
    }
}

/// The address as ``init(_:tls:)`` reads it, without the TLS configuration: there may be secrets in that.
extension Address: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String {
        switch self {
        case .tcp(let host, let port): "tcp://\(Self.bracketed(host)):\(port)"
        // Of two slashes at the beginning a URL's host would stand behind.
        case .unix(let path): "unix:\(path.hasPrefix("//") ? "//" : "")\(PeerText.clean(path, limit: 200))"
        case .tls(let host, let port, _): "tls://\(Self.bracketed(host)):\(port)"
        }
    }

    public var debugDescription: String { description }

    static func bracketed(_ host: String) -> String {
        let host = PeerText.clean(host, limit: 300)
        return host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}

extension Address: CustomReflectable {
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

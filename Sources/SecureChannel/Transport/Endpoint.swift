internal import NIOCore

/// One end of a connection, as the system names it.
///
/// Complete: these are the kinds of socket there are here.
public enum Endpoint: Sendable, Hashable {
    /// An IPv4 or IPv6 address, without brackets, and a port.
    case ip(address: String, port: Int)
    /// A Unix socket; the path is empty for the end that connected.
    case unix(path: String)

    init?(_ address: SocketAddress?) {
        switch address {
        case .v4, .v6:
            guard let ip = address?.ipAddress, let port = address?.port else { return nil }
            self = .ip(address: ip, port: port)
        case .unixDomainSocket:
            self = .unix(path: address?.pathname ?? "")
        case nil:
            return nil
        }
    }
}

extension Endpoint: CustomStringConvertible {
    /// `127.0.0.1:5555`, `[::1]:5555` or `unix:/path`.
    public var description: String {
        switch self {
        case .ip(let address, let port): "\(Address.bracketed(address)):\(port)"
        case .unix(let path): path.isEmpty ? "unix:(unnamed)" : "unix:\(PeerText.clean(path, limit: 200))"
        }
    }
}

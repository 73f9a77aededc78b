internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Looks names up with the system's resolver (`getaddrinfo(3)`), off the event loop, in the families that are wanted.
struct AddressResolver: Resolver, Sendable {
    let loop: any EventLoop
    let family: SocketConfiguration.Family

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        query(host, port, AF_INET, isWanted: family != .ipv6)
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        query(host, port, AF_INET6, isWanted: family != .ipv4)
    }

    func cancelQueries() {}  // getaddrinfo cannot be cancelled; its answer is dropped

    private func query(_ host: String, _ port: Int, _ kind: CInt, isWanted: Bool) -> EventLoopFuture<[SocketAddress]> {
        guard isWanted else { return loop.makeSucceededFuture([]) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            try Self.lookUp(host, port: port, family: kind)
        }
    }

    /// All addresses of a name, in the system's order. Blocks.
    func allAddresses(host: String, port: Int) throws -> [SocketAddress] {
        let kind =
            switch family {
            case .any: AF_UNSPEC
            case .ipv4: AF_INET
            case .ipv6: AF_INET6
            }
        return try Self.lookUp(host, port: port, family: kind)
    }

    struct LookupError: Error, CustomStringConvertible {
        var host: String
        var description: String
    }

    private static func lookUp(_ host: String, port: Int, family: CInt) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_family = family
        #if os(Linux)
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_protocol = CInt(IPPROTO_TCP)
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &first)
        guard code == 0 else {
            throw LookupError(host: host, description: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = first
        while let info = next {
            if let address = socketAddress(info.pointee), !addresses.contains(address) { addresses.append(address) }
            next = info.pointee.ai_next
        }
        return addresses
    }

    private static func socketAddress(_ info: addrinfo) -> SocketAddress? {
        guard let raw = UnsafeRawPointer(info.ai_addr) else { return nil }
        return switch info.ai_family {
        case AF_INET: SocketAddress(raw.loadUnaligned(as: sockaddr_in.self))
        case AF_INET6: SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self))
        default: nil
        }
    }
}

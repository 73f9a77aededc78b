import NIOCore
import NIOPosix

@testable import SecureChannel

/// The IP addresses of a name on this host.
func resolvedAddresses(of name: String) throws -> [String] {
    let resolver = AddressResolver(loop: MultiThreadedEventLoopGroup.singleton.any(), family: .any)
    return try resolver.allAddresses(host: name, port: 0).compactMap(\.ipAddress)
}

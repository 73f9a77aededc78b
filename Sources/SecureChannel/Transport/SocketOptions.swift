internal import NIOCore

// A socket's options in NIO's words.
extension SocketConfiguration {
    /// On Linux an accepted socket has the options of the one that listened (tcp(7)): set there, once, they cost a
    /// connection nothing.
    static var areInherited: Bool {
        #if os(Linux)
            true
        #else
            false
        #endif
    }

    /// Sets what there is to set on a socket of an IP address. A failure is no reason to give a connection up: the peer may
    /// be gone already, which the first read tells better.
    func apply(to channel: any NIOCore.Channel) {
        guard let options = channel.syncOptions else { return }
        try? options.setOption(.tcpOption(.tcp_nodelay), value: noDelay ? 1 : 0)
        try? options.setOption(.socketOption(.so_keepalive), value: keepAlive == nil ? 0 : 1)
        #if os(Linux)
            if let keepAlive {
                try? options.setOption(Self.tcp(4), value: Self.seconds(keepAlive.idle))
                try? options.setOption(Self.tcp(5), value: Self.seconds(keepAlive.interval))
                try? options.setOption(Self.tcp(6), value: max(1, min(keepAlive.count, 127)))
            }
            if let userTimeout {
                let milliseconds = userTimeout / .milliseconds(1)
                try? options.setOption(Self.tcp(18), value: Int(min(max(1, milliseconds), Double(CInt.max))))
            }
        #endif
    }

    /// The numbers of `<linux/tcp.h>`: TCP_KEEPIDLE 4, TCP_KEEPINTVL 5, TCP_KEEPCNT 6, TCP_USER_TIMEOUT 18.
    private static func tcp(_ option: CInt) -> ChannelOptions.Types.SocketOption {
        ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: option))
    }

    private static func seconds(_ duration: Duration) -> Int {
        Int(min(max(1, (duration / .seconds(1)).rounded(.up)), 32767))
    }

    /// ``localAddress`` as a socket address.
    func bindTarget() throws(ChannelError) -> SocketAddress? {
        guard let localAddress else { return nil }
        if let address = try? SocketAddress(ipAddress: localAddress, port: 0) { return address }
        if case .tcp(let host, let port)? = try? Address("tcp://\(localAddress)"),
            let address = try? SocketAddress(ipAddress: host, port: port)
        {
            return address
        }
        throw .invalid("The local address '\(PeerText.clean(localAddress, limit: 100))' is not an IP address.")
    }
}

internal import NIOCore
internal import OpenSSLTransport

/// The one place that says which handlers a connection has, in which order: TLS if the address says so, then the protocol.
enum Pipeline {
    /// Called on the connection's event loop.
    static func configure(
        _ connection: any NIOCore.Channel,
        address: Address,
        role: TLSRole,
        codec: any Codec,
        configuration: ChannelConfiguration,
        name: String
    ) throws {
        try connection.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        if address.port != nil, role == .client || !SocketConfiguration.areInherited {
            configuration.socket.apply(to: connection)
        }
        let operations = connection.pipeline.syncOperations
        if case .tls(let host, let port, let tls) = address {
            let handler =
                switch role {
                case .client:
                    try TLSHandler(
                        client: tls,
                        host: host,
                        port: port,
                        maximumPendingPlaintext: pendingPlaintext(configuration),
                        closeTimeout: closeTimeout,
                        joinsFlushes: false  // the protocol does so itself, with a bound
                    )
                case .server:
                    try TLSHandler(
                        server: tls,
                        maximumPendingPlaintext: pendingPlaintext(configuration),
                        closeTimeout: closeTimeout,
                        joinsFlushes: false  // the protocol does so itself, with a bound
                    )
                }
            try operations.addHandler(handler)
        }
        let core = ChannelCore(
            codec: codec,
            configuration: configuration,
            peer: name,
            executor: LoopExecutor.of(connection.eventLoop),
            isTLS: address.tls != nil
        )
        try operations.addHandler(core.channelProtocol)
    }

    /// The protocol hands over one portion and one message at most while the socket takes nothing.
    private static func pendingPlaintext(_ configuration: ChannelConfiguration) -> Int {
        configuration.maximumMessageSize + (1 << 20)
    }

    /// The protocol has waited for the socket already when it closes the transport.
    private static var closeTimeout: Duration { .milliseconds(500) }

    static func core(of connection: any NIOCore.Channel) -> ChannelCore? {
        try? connection.pipeline.syncOperations.handler(type: ChannelProtocol.self).delegate as? ChannelCore
    }

    static func channel(
        of core: ChannelCore,
        _ connection: any NIOCore.Channel,
        address: Address,
        tls: TLSConnectionInformation?
    ) -> Channel {
        Channel(
            core,
            executor: LoopExecutor.of(connection.eventLoop),
            transport: transport(of: connection, address: address, tls: tls)
        )
    }

    /// What lies under the channel that a connection is or will be.
    static func transport(
        of connection: any NIOCore.Channel,
        address: Address,
        tls: TLSConnectionInformation?
    ) -> TransportInformation {
        let kind: TransportInformation.Kind =
            switch address {
            case .tcp: .tcp
            case .unix: .unix
            case .tls: .tls
            }
        return TransportInformation(
            kind: kind,
            peer: Endpoint(connection.remoteAddress),
            local: Endpoint(connection.localAddress),
            tls: tls
        )
    }
}

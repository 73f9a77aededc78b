internal import NIOCore
internal import OpenSSLTransport

/// The one place that says which handlers a connection has, in which order: TLS if the address says so, then the protocol.
enum Pipeline {
    /// Called on the connection's event loop. Gives back the channel's core, which the connection keeps alive.
    static func configure(
        _ connection: any NIOCore.Channel,
        address: Address,
        role: TLSRole,
        codec: any Codec,
        configuration: ChannelConfiguration,
        name: String
    ) throws -> ChannelCore {
        try connection.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        if address.port != nil, role == .client || !SocketConfiguration.areInherited {
            configuration.socket.apply(to: connection)
        }
        let core = ChannelCore(
            codec: codec,
            configuration: configuration,
            peer: name,
            executor: LoopExecutor.of(connection.eventLoop)
        )
        let operations = connection.pipeline.syncOperations
        guard case .tls(let host, let port, let tls) = address else {
            try operations.addHandler(PlainTransport(core.channelProtocol, eventLoop: connection.eventLoop))
            return core
        }
        core.tls = try TLSConnection(
            tls,
            role: role,
            host: role == .client ? host : nil,
            port: role == .client ? port : nil,
            maximumPendingPlaintext: pendingPlaintext(configuration),
            closeTimeout: closeTimeout
        )
        if let tls = core.tls {
            try operations.addHandler(TLSTransport(tls, core.channelProtocol, eventLoop: connection.eventLoop))
        }
        return core
    }

    /// The protocol hands over one portion and one message at most while the socket takes nothing.
    private static func pendingPlaintext(_ configuration: ChannelConfiguration) -> Int {
        configuration.maximumMessageSize + (1 << 20)
    }

    /// The protocol has waited for the socket already when it closes the transport.
    private static var closeTimeout: Duration { .milliseconds(500) }

    /// For a client, which may try several connections for one name: the core of the one that it got.
    static func core(of connection: any NIOCore.Channel) -> ChannelCore? {
        let operations = connection.pipeline.syncOperations
        if let transport = try? operations.handler(type: TLSTransport.self) { return transport.core }
        return try? operations.handler(type: PlainTransport.self).core
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
            peerAddress: Endpoint(connection.remoteAddress),
            localAddress: Endpoint(connection.localAddress),
            tls: tls
        )
    }
}

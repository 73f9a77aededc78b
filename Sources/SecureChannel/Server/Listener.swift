internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OpenSSLTransport

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Binds an address: all the addresses of a name, or a Unix socket's path.
struct Listener: Sendable {
    let address: Address
    let codec: any Codec
    let configuration: ServerConfiguration
    let connections: Connections

    /// - Throws: ``ChannelError``; nothing is bound then.
    func listen() async throws -> BoundListener {
        do {
            try await address.tls?.validateElsewhere(for: .server)
            for warning in try address.tls?.warnings(for: .server) ?? [] {
                configuration.channel.logger.warning(
                    "A certificate may be refused.",
                    metadata: ["reason": "\(warning)"]
                )
            }
        } catch {
            throw ChannelError.tls(error, address: "\(address)", phase: .configuration)
        }
        switch address {
        case .unix(let path):
            let file = UnixSocketFile(path: path)
            let (permissions, backlog) = (configuration.unixPermissions, configuration.backlog)
            let descriptor = try await NIOThreadPool.singleton.runIfActive {
                try file.bind(permissions: permissions, backlog: backlog)
            }
            do {
                let channel = try await bootstrap.withBoundSocket(descriptor).get()
                return BoundListener(address: address, listeners: [channel], file: file)
            } catch {
                file.remove()
                throw failed(error)
            }
        case .tcp(let host, let port), .tls(let host, let port, _):
            return try await listen(host: host, port: port)
        }
    }

    private func listen(host: String, port: Int) async throws -> BoundListener {
        let addresses: [SocketAddress]
        do {
            let resolver = AddressResolver(
                loop: configuration.channel.eventLoops.group.next(),
                family: configuration.channel.socket.family
            )
            addresses = try await NIOThreadPool.singleton.runIfActive {
                try resolver.allAddresses(host: host, port: port)
            }
            guard !addresses.isEmpty else {
                throw AddressResolver.LookupError(host: host, description: "it has no address of the wanted family")
            }
        } catch {
            throw failed(error)
        }
        // With port 0 the first address gets a free port, which may be taken on the next one: then all try another.
        let attempts = port == 0 && addresses.count > 1 ? Self.portAttempts : 1
        for attempt in 1...attempts {
            do {
                return try await bind(addresses)
            } catch let error as IOError where error.errnoCode == EADDRINUSE && attempt < attempts {
                continue
            } catch {
                throw failed(error)
            }
        }
        throw failed(NIOCore.ChannelError.operationUnsupported)
    }

    private func bind(_ addresses: [SocketAddress]) async throws -> BoundListener {
        var listeners: [any NIOCore.Channel] = []
        var port: Int?
        do {
            for var target in addresses {
                if let port { target.port = port }
                let listener: any NIOCore.Channel
                do {
                    listener = try await bootstrap.bind(to: target).get()
                } catch let error as IOError
                    where [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode) && addresses.count > 1
                {
                    continue  // a name such as localhost may have an IPv6 address on a host without IPv6
                }
                listeners.append(listener)
                port = port ?? listener.localAddress?.port
            }
            guard let port else {
                throw IOError(errnoCode: EADDRNOTAVAIL, reason: "bind")
            }
            return BoundListener(address: address.with(port: port), listeners: listeners, file: nil)
        } catch {
            for listener in listeners { try? await listener.close() }
            throw error
        }
    }

    private var bootstrap: ServerBootstrap {
        let options = configuration
        let isIP = address.port != nil
        return ServerBootstrap(group: configuration.channel.eventLoops.group)
            .serverChannelOption(.backlog, value: CInt(configuration.backlog))
            .serverChannelInitializer { listener in
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandlers([
                        AcceptBackoffHandler(), AcceptWatch(logger: options.channel.logger),
                    ])
                    guard isIP, let settings = listener.syncOptions else { return }
                    try settings.setOption(.socketOption(.so_reuseaddr), value: 1)
                    if options.reusePort { try settings.setOption(Self.reusePort, value: 1) }
                    if SocketConfiguration.areInherited { options.channel.socket.apply(to: listener) }
                    if case .v6? = listener.localAddress {} else { try? settings.setOption(Self.onlyIPv6, value: 1) }
                }
            }
            .childChannelInitializer { [self] connection in
                connection.eventLoop.makeCompletedFuture { try accept(connection) }
            }
    }

    private func accept(_ connection: any NIOCore.Channel) throws {
        if case .refused(let isFirst) = connections.begin(connection) {
            if isFirst {
                configuration.channel.logger.warning(
                    "Connections are refused: the server has as many as it may have.",
                    metadata: ["maximumConnections": "\(configuration.maximumConnections)"]
                )
            }
            throw NIOCore.ChannelError.operationUnsupported
        }
        connection.closeFuture.whenComplete { _ in connections.end(connection) }
        let peer = Endpoint(connection.remoteAddress).map { "\($0)" } ?? "an unknown peer"
        let core = try Pipeline.configure(
            connection,
            address: address,
            role: .server,
            codec: codec,
            configuration: configuration.channel,
            name: peer
        )
        core.breachLog = connections.breachLog
        core.whenReady { result in
            switch result {
            case .success(let tls):
                guard let onAccept = configuration.onAccept else { return open(core, connection, tls) }
                AcceptDecision(core, configuration, onAccept).begin(
                    about: Pipeline.transport(of: connection, address: address, tls: tls),
                    connection
                ) { open(core, connection, tls) }
            case .failure(let error):
                configuration.channel.logger.log(
                    level: isHealthCheck(core, error) ? .debug : .info,
                    "A connection did not become a channel.",
                    metadata: ["peer": "\(peer)", "error": "\(error)"]
                )
            }
        }
    }

    /// Whoever connects, says nothing and goes only sees whether the server is there.
    private func isHealthCheck(_ core: ChannelCore, _ error: ChannelError) -> Bool {
        switch (error.cause as? TLSError)?.cause {
        case .closedDuringHandshake, .connectionBroken:
            core.tls?.hasReceived == false
        default: false
        }
    }

    /// The connection is a channel from now on.
    private func open(_ core: ChannelCore, _ connection: any NIOCore.Channel, _ tls: TLSConnectionInformation?) {
        core.watchPeer()
        connections.serve(Pipeline.channel(of: core, connection, address: address, tls: tls), connection)
        core.peerWatch?.begin()
    }

    private func failed(_ error: any Error) -> ChannelError {
        if let error = error as? ChannelError { return error }
        let isTaken = (error as? IOError)?.errnoCode == EADDRINUSE
        return ChannelError(
            isTaken ? .addressInUse : .listenFailed,
            "Could not listen on \(address): \(ConnectFailure.text(error)).",
            address: "\(address)",
            phase: .listening,
            hint: isTaken
                ? "Another process has the address. Stop it, or choose another port; 0 asks for a free one."
                : "Is it an address of this host, and may this user listen on it?",
            cause: error
        )
    }

    private static let portAttempts = 10
    private static var reusePort: ChannelOptions.Types.SocketOption {
        ChannelOptions.Types.SocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_REUSEPORT))
    }
    /// IPV6_V6ONLY: the IPv4 addresses of a name get sockets of their own.
    private static var onlyIPv6: ChannelOptions.Types.SocketOption {
        ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
    }
}

/// Sockets that listen, and the file to remove with them.
struct BoundListener: Sendable {
    let address: Address
    let listeners: [any NIOCore.Channel]
    let file: UnixSocketFile?

    func close() async {
        // While the socket listens nobody else takes the path for free, nor the file's identity for another's.
        if let file { try? await NIOThreadPool.singleton.runIfActive { file.remove() } }
        for listener in listeners { try? await listener.close() }
    }
}

internal import NIOCore
internal import NIOPosix
internal import OpenSSLTransport

/// Makes one attempt to reach an address: name resolution, connection and TLS handshake, within one deadline.
struct Connector: Sendable {
    let address: Address
    let codec: any Codec
    let configuration: ChannelConfiguration
    private let bindTarget: SocketAddress?

    /// - Throws: ``ChannelError`` when the configuration cannot work; nothing has been dialled then.
    init(address: Address, codec: any Codec, configuration: ChannelConfiguration) throws(ChannelError) {
        self.address = address
        self.codec = codec
        self.configuration = configuration
        self.bindTarget = try configuration.socket.bindTarget()
        do {
            try address.tls?.validate(for: .client)
        } catch {
            throw .tls(error, address: "\(address)", phase: .configuration)
        }
    }

    /// - Throws: ``ChannelError``, or `CancellationError`.
    func connect() async throws -> Channel {
        let loop = configuration.eventLoops.group.next()
        let promise = loop.makePromise(of: Channel.self)
        let progress = NIOLoopBoundBox.makeBoxSendingValue(ChannelError.Phase.connecting, eventLoop: loop)
        return try await withTaskCancellationHandler {
            let deadline = loop.scheduleTask(in: .bounded(configuration.connectTimeout)) {
                promise.fail(timedOut(in: progress.value))
            }
            // From the loop, so that the connection is in our hands before anything can happen to it: one whose handshake
            // had failed by then would have taken the reason along.
            loop.execute {
                dial(on: loop, initialise: configure).whenComplete { result in
                    switch result {
                    case .failure(let error):
                        promise.fail(failed(error))
                    case .success(let connection):
                        progress.value = .handshake
                        hand(connection, to: promise, on: loop)
                    }
                }
            }
            defer { deadline.cancel() }
            return try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private func configure(_ connection: any NIOCore.Channel) throws {
        try Pipeline.configure(
            connection,
            address: address,
            role: .client,
            codec: codec,
            configuration: configuration,
            name: "\(address)"
        )
    }

    /// - Parameter initialise: Fills the pipeline, on the loop.
    func dial(
        on loop: any EventLoop,
        initialise: @escaping @Sendable (any NIOCore.Channel) throws -> Void
    ) -> EventLoopFuture<any NIOCore.Channel> {
        var bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.bounded(configuration.connectTimeout))
            .resolver(AddressResolver(loop: loop, family: configuration.socket.family))
            .channelInitializer { connection in
                connection.eventLoop.makeCompletedFuture { try initialise(connection) }
            }
        if let bindTarget { bootstrap = bootstrap.bind(to: bindTarget) }
        switch address {
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port), .tls(let host, let port, _):
            if let literal = try? SocketAddress(ipAddress: host, port: port) { return bootstrap.connect(to: literal) }
            return bootstrap.connect(host: host, port: port)
        }
    }

    /// Gives `promise` a channel as soon as the connection is ready, and closes the connection if nobody wants it any more.
    private func hand(_ connection: any NIOCore.Channel, to promise: EventLoopPromise<Channel>, on loop: any EventLoop)
    {
        guard let core = Pipeline.core(of: connection) else {
            return promise.fail(failed(NIOCore.ChannelError.ioOnClosedChannel))
        }
        core.whenReady { result in
            switch result {
            case .failure(let error):
                promise.fail(error)
            case .success(let tls):
                promise.succeed(Pipeline.channel(of: core, connection, address: address, tls: tls))
            }
        }
        promise.futureResult.whenFailure { _ in connection.close(promise: nil) }
    }

    // MARK: Errors

    func timedOut(in phase: ChannelError.Phase) -> ChannelError {
        ChannelError(
            .connectTimedOut,
            phase == .connecting
                ? "Could not connect to \(address) within \(configuration.connectTimeout)."
                : "\(address) took the connection, but the handshake did not end within \(configuration.connectTimeout).",
            address: "\(address)",
            phase: phase,
            hint: phase == .connecting
                ? "Is the host up, and does a firewall let the port through?"
                : "Is it a TLS server? A server that is overloaded or stopped looks like this, too."
        )
    }

    func failed(_ error: any Error) -> ChannelError {
        if let error = error as? ChannelError { return error }
        if let error = error as? TLSError { return .tls(error, address: "\(address)", phase: .configuration) }
        if case NIOCore.ChannelError.connectTimeout = error { return timedOut(in: .connecting) }
        return ChannelError(
            .connectFailed,
            "Could not connect to \(address): \(ConnectFailure.text(error)).",
            address: "\(address)",
            phase: .connecting,
            hint: ConnectFailure.hint(error, address),
            cause: error
        )
    }
}

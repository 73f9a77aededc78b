internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OpenSSLTransport

/// Reaches an address: each attempt is name resolution, connection and TLS handshake, within one deadline.
struct Connector: Sendable {
    let address: Address
    let codec: any Codec
    let configuration: ChannelConfiguration
    private let bindTarget: SocketAddress?

    /// Reads the files of certificates, if nobody has yet, on a thread that may block: whoever opens a channel may do so in a
    /// handler, on an event loop.
    ///
    /// - Throws: ``ChannelError`` when the configuration cannot work; nothing has been dialled then.
    init(address: Address, codec: any Codec, configuration: ChannelConfiguration) async throws(ChannelError) {
        try address.validate()
        try configuration.validate()
        guard address.port != 0 else {
            throw .invalid(
                "'\(address)' has the port 0, which asks for a free one to listen on; a client needs the server's.",
                address: "\(address)"
            )
        }
        self.address = address
        self.codec = codec
        self.configuration = configuration
        self.bindTarget = try configuration.socket.bindTarget()
        do {
            try await address.tls?.validateElsewhere(for: .client)
        } catch {
            throw .tls(error, address: "\(address)", phase: .configuration)
        }
    }

    /// Opens a channel, in as many attempts as the configuration has.
    ///
    /// - Throws: ``ChannelError``, or `CancellationError`.
    func open(on loop: any EventLoop) async throws -> Channel {
        var schedule = RetrySchedule(limit: configuration.retryTimeout)
        let clock = ContinuousClock()
        var begin = clock.now
        while true {
            do {
                return try await connect(on: loop)
            } catch let error as ChannelError where error.code == .connectFailed || error.code == .connectTimedOut {
                let pause = schedule.next(elapsed: clock.now - begin, jitter: .random(in: -1...1))
                guard let pause else { throw error }
                configuration.logger.debug(
                    "Could not connect; trying again.",
                    metadata: ["address": "\(address)", "pause": "\(pause)", "error": "\(error)"]
                )
                begin = clock.now
                try await clock.sleep(for: pause)
            }
        }
    }

    /// Opens a channel, runs `body`, and closes the channel, whatever `body` does.
    func run<Result: Sendable>(
        on loop: any EventLoop,
        _ body: @Sendable (Channel) async throws -> Result
    ) async throws -> Result {
        let channel = try await open(on: loop)
        do {
            let result = try await body(channel)
            await channel.close()
            return result
        } catch {
            await channel.close()
            throw error
        }
    }

    private func connect(on loop: any EventLoop) async throws -> Channel {
        let promise = loop.makePromise(of: Channel.self)
        let progress = NIOLoopBoundBox.makeBoxSendingValue(ChannelError.Phase.connecting, eventLoop: loop)
        return try await withTaskCancellationHandler {
            let deadline = loop.scheduleTask(in: .bounded(configuration.connectTimeout)) {
                promise.fail(timedOut(in: progress.value))
            }
            // From the loop, so that the connection is in our hands before anything can happen to it: one whose handshake
            // had failed by then would have taken the reason along.
            @Sendable func begin() {
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
            if loop.inEventLoop { begin() } else { loop.execute(begin) }
            defer { deadline.cancel() }
            return try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    private func configure(_ connection: any NIOCore.Channel) throws {
        _ = try Pipeline.configure(
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
                core.watchPeer()
                if let tls = address.tls { core.peerWatch?.observe(tls) }
                core.peerWatch?.begin()
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

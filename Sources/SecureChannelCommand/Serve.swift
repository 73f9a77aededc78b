internal import ArgumentParser
internal import Logging
internal import SecureChannel

/// Answers every request with its own content, until a signal ends it.
struct Serve: AsyncParsableCommand, Sharing {
    static let configuration = CommandConfiguration(
        abstract: "Answer every request with its own content.",
        discussion: """
            When the server is ready, standard output gets one line, "listening on ADDRESS", with the real port where 0 was \
            asked for. SIGINT and SIGTERM end it: what was begun is finished, for 10 s at most, and the exit status is 0. A \
            second signal ends it at once.

            Examples:

              securechannel serve tcp://localhost:5555

              securechannel serve unix:/run/db.sock --codec json

              securechannel serve tls://[::]:5555 --certificate certs/server.pem \\
                --key certs/server.key

              securechannel serve tls://localhost:0 --certificate certs/server.pem \\
                --key certs/server.key --authority certs/ca.pem

            \(CommandStatus.help)
            """
    )

    @Argument(help: "Where to listen: tcp://host:port, tls://host:port or unix:/path. Port 0 asks for a free one.")
    var address: String

    @OptionGroup(title: "TLS options")
    var tls: TLSOptions

    @Option(
        help: ArgumentHelp(
            """
            How often to look whether the files of certificates, key and lists have changed, and to use them then for new \
            connections. (default: never)
            """,
            valueName: "seconds"
        )
    )
    var reload: Seconds?

    @OptionGroup
    var shared: SharedOptions

    func validate() throws {
        try tls.validate(beside: address)
        guard let reload else { return }
        if !TLSOptions.isTLS(address) {
            throw ValidationError("\(address) is without TLS, so --reload can do nothing there.")
        }
        if reload.duration < .milliseconds(100) { throw ValidationError("--reload must be at least 0.1 seconds.") }
    }

    func run() async throws {
        FileLimit.raise()
        // Before there is anything to clean up, so that no signal finds a server that does not know of it yet.
        let signals = try TerminationSignals()
        let server = try await start()
        do {
            try StandardOutput.write(line: "listening on \(server.address)")
        } catch {
            StandardError.write(paragraph: "\(error) The server goes on without its ready line.")
        }
        let watching = watch(server.address)
        await signals.first()
        watching?.cancel()
        signals.exitOnNext()
        shared.logger.debug("Shutting down.", metadata: ["channels": "\(server.channels.count)"])
        await server.shutDown(gracePeriod: .seconds(10))
    }

    /// Whom it refuses, and why, is for whoever runs a server: the other side often hears less.
    private var logger: Logger {
        var logger = shared.logger
        logger.logLevel = min(logger.logLevel, .info)
        return logger
    }

    private func watch(_ address: Address) -> Task<Void, any Error>? {
        guard let reload, case .tls(_, _, let tls) = address else { return nil }
        return Task { [logger] in
            try await tls.reloadWhenFilesChange(every: reload.duration) { result in
                switch result {
                case .success(let change) where change.isChange:
                    logger.notice("The files have changed, and are used from now on.")
                case .success: logger.debug("The files have changed, and hold the same.")
                case .failure(let error):
                    logger.error("The files have changed, and cannot be used.", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func start() async throws -> Server {
        let channelConfiguration = ChannelConfiguration(logger: logger)
        let handshakeTimeout = shared.timeout?.duration ?? channelConfiguration.connectTimeout
        let address = try tls.address(address, handshakeTimeout: handshakeTimeout)
        let codec = shared.codec.codec
        let end = ContinuousClock.now + (shared.retry?.duration ?? .zero)
        while true {
            do {
                return try await startServer(
                    address,
                    codec: codec,
                    configuration: ServerConfiguration(channel: channelConfiguration)
                ) { channel in
                    try await channel.serve { (content: Value) in content }
                }
            } catch let error as ChannelError where error.code == .addressInUse && ContinuousClock.now < end {
                shared.logger.debug("Could not listen; trying again.", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}

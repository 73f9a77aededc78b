internal import ArgumentParser
internal import Logging
internal import SecureChannel

/// Answers every request with its own content, until a signal ends it.
struct Serve: AsyncParsableCommand {
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

    @OptionGroup
    var shared: SharedOptions

    func validate() throws {
        try tls.validate(beside: address)
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
        await signals.first()
        signals.exitOnNext()
        shared.logger.debug("Shutting down.", metadata: ["channels": "\(server.channels.count)"])
        await server.shutDown(gracePeriod: .seconds(10))
    }

    private func start() async throws -> Server {
        let channelConfiguration = ChannelConfiguration(logger: shared.logger)
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

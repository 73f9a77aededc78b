internal import ArgumentParser
internal import Logging
internal import SecureChannel

/// Sends requests and prints the replies.
struct Send: AsyncParsableCommand, Sharing {
    static let configuration = CommandConfiguration(
        abstract: "Send a request and print its reply as JSON.",
        discussion: """
            Standard output holds the reply on one line, and nothing else. With --count the same request is sent again and \
            again over one connection, each when the one before has its reply, and there is a line for each.

            Examples:

              securechannel send tcp://localhost:5555 '"ohai"'

              securechannel send unix:/run/db.sock '{"command": "status"}' --timeout 2.5

              securechannel send tls://db1.internal:5555 '[1, 2, 3]' --retry 30

              securechannel send tls://localhost:5555 null --authority certs/ca.pem \\
                --certificate certs/client.pem --key certs/client.key

            \(CommandStatus.help)
            """
    )

    @Argument(help: "Where to connect to: tcp://host:port, tls://host:port or unix:/path.")
    var address: String

    @Argument(help: "The request's content, any JSON value. Quote it for your shell.")
    var json: String

    @Option(help: ArgumentHelp("How often to send it.", valueName: "n"))
    var count = 1

    @OptionGroup(title: "TLS options")
    var tls: TLSOptions

    @OptionGroup
    var shared: SharedOptions

    func validate() throws {
        if count < 1 { throw ValidationError("--count must be at least 1.") }
        try tls.validate(beside: address)
        _ = try Value(argument: json)
    }

    func run() async throws {
        let deadline = Deadline(shared.timeout?.duration)
        let content = try Value(argument: json)
        let channel = try await connect(by: deadline)
        do {
            for _ in 0..<count {
                let reply: Value = try await channel.send(content, timeout: deadline.remaining ?? Self.replyTimeout)
                try StandardOutput.write(line: reply.json())
            }
        } catch let error as SystemError where error.isClosedByReader {
            // The reader has seen enough.
        }
        await sayGoodbye(to: [channel])
    }

    private func connect(by deadline: Deadline) async throws -> Channel {
        let connectTimeout = shared.timeout?.duration ?? Self.connectTimeout
        let retry = shared.retry?.duration ?? .zero
        let address = try tls.address(address, handshakeTimeout: connectTimeout)
        let configuration = ChannelConfiguration(
            connectTimeout: connectTimeout,
            retryTimeout: retry,
            logger: shared.logger
        )
        let open = { @Sendable in
            try await openChannel(address, codec: shared.codec.codec, configuration: configuration)
        }
        // A single try has the whole time to itself, and its own error says how far it came.
        let channel =
            try await retry == .zero ? open() : deadline.limit(open) { Self.timedOut(address, connectTimeout) }
        shared.logger.debug(
            "Connected.",
            metadata: ["address": "\(address)", "tls": "\(channel.tls.map { "\($0)" } ?? "none")"]
        )
        return channel
    }

    private static func timedOut(_ address: Address, _ timeout: Duration) -> ChannelError {
        ChannelError(
            .connectTimedOut,
            "Could not connect to \(address) within \(timeout), in any of several tries.",
            address: "\(address)",
            phase: .connecting,
            hint: "Is the server running? --verbose tells why each try failed."
        )
    }

    /// The library's own defaults, which `--help` names.
    private static let connectTimeout = ChannelConfiguration().connectTimeout
    private static let replyTimeout = ChannelConfiguration().replyTimeout
}

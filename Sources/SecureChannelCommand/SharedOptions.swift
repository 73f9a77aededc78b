internal import ArgumentParser
internal import Logging
internal import SecureChannel

/// What `serve`, `send` and `bench` have in common but TLS.
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How messages are written: msgpack or json (aiomas's default). Both sides must use the same.",
            valueName: "msgpack|json"
        )
    )
    var codec: CodecName = .msgpack

    @Option(
        help: ArgumentHelp(
            """
            How long the whole call may take, connecting and all requests included; fractions allowed. For bench: how \
            long connecting may take, and each reply. For serve: how long a connection's TLS handshake may take. \
            (default: 10 s to connect, handshake included, and 60 s for each reply)
            """,
            valueName: "seconds"
        )
    )
    var timeout: Seconds?

    @Option(
        help: ArgumentHelp(
            """
            How long to go on trying when the server cannot be reached; for serve, when the address is taken. 0 tries \
            once. (default: 0)
            """,
            valueName: "seconds"
        )
    )
    var retry: Seconds?

    @Flag(
        help: """
            Tell on standard error what happens, never contents or keys. (default: only warnings and errors; for serve \
            also who is refused, and why)
            """
    )
    var verbose = false

    func validate() throws {
        if let timeout, timeout.duration <= .zero {
            throw ValidationError("--timeout must be longer than nothing.")
        }
    }

    var logger: Logger {
        var logger = Logger(label: "securechannel") { CommandLogHandler(label: $0) }
        logger.logLevel = verbose ? .debug : .warning
        return logger
    }
}

/// A command with the options that commands share.
protocol Sharing {
    var shared: SharedOptions { get }
}

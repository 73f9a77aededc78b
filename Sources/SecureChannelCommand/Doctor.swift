internal import ArgumentParser
internal import SecureChannel

/// Says whether a channel to a server would work, and if not, why and what mends it.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Connect to a server, explain what is found, and say what mends each fault.",
        discussion: """
            Tells whether the server is reachable and speaks TLS; version, cipher, group and application protocol; its \
            certificates as sent and as verified, with dates and names, and whether they are for the host; whether it asks \
            for a client certificate and takes ours; resumption and revocation; and whether --strict would refuse it.

            No message is sent. Where the server's certificate does not verify, a second connection looks at it without \
            verifying, and without showing ours. With tcp:// a second connection begins a TLS handshake, to see that the \
            server does not want TLS; a server without TLS may log that.

            Examples:

              securechannel doctor tls://db1.internal:5555

              securechannel doctor tls://localhost:5555 --authority certs/ca.pem \\
                --certificate certs/client.pem --key certs/client.key

              securechannel doctor unix:/run/db.sock --json

            Exit status: 0 only if a channel would work. 2 usage, 3 it could not connect or the line broke, 4 TLS.
            """
    )

    @Argument(help: "Where to connect to: tcp://host:port, tls://host:port or unix:/path.")
    var address: String

    @Flag(help: "Print the result as one line of JSON. (default: as text)")
    var json = false

    @Option(
        help: ArgumentHelp("How long each connection may take; fractions allowed. (default: 5)", valueName: "seconds")
    )
    var timeout: Seconds?

    @OptionGroup(title: "TLS options")
    var tls: TLSOptions

    func validate() throws {
        if let timeout, timeout.duration <= .zero { throw ValidationError("--timeout must be longer than nothing.") }
        try tls.validate(beside: address)
    }

    func run() async throws {
        let diagnosis = try await Examination(address: address, options: tls, timeout: timeout?.duration ?? .seconds(5))
            .run()
        try StandardOutput.write(line: json ? diagnosis.json.json() : diagnosis.text)
        if let fault = diagnosis.faults.first { fault.status.exitProcess() }
    }
}

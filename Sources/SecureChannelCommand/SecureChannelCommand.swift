internal import ArgumentParser
internal import Logging

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// `securechannel`: what this module's library does, from a shell.
@main
struct SecureChannelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "securechannel",
        abstract: "Send requests to another host and answer them, over TCP, Unix sockets or TLS.",
        discussion: """
            ADDRESS alone says how bytes travel: tcp://host:port, unix:/path or tls://host:port. TLS is the system's OpenSSL.

            Try it in two terminals, with both sides proving who they are:

              securechannel certificates certs

              securechannel serve tls://localhost:5555 --authority certs/ca.pem \\
                --certificate certs/server.pem --key certs/server.key

              securechannel send tls://localhost:5555 '"ohai"' --authority certs/ca.pem \\
                --certificate certs/client.pem --key certs/client.key

            \(CommandStatus.help)
            """,
        version: "0.1.0",
        subcommands: [Serve.self, Send.self, Doctor.self, Bench.self, Certificates.self]
    )

    static func main() async {
        openStandardStreams()
        // A reader that has gone shows as an error of write(2), not as a signal that ends the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parsed(Array(CommandLine.arguments.dropFirst()))
            bootstrapLogging(for: command)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// - Throws: what is wrong with the command line, as far as the parser can tell; `--help` and `--version`, too.
    static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        try parseAsRoot(arguments.map(protectingNegativeNumber))
    }

    func run() throws {
        throw ValidationError("What shall it do? Name a subcommand: serve, send, doctor, bench or certificates.")
    }

    /// What the library logs by itself, not by a logger of ours, is advice to programmers, such as that handlers held an
    /// event loop: who runs a command cannot follow it, and it would go through a progress line.
    private static func bootstrapLogging(for command: any ParsableCommand) {
        let isVerbose = (command as? any Sharing)?.shared.verbose ?? false
        LoggingSystem.bootstrap { label in
            guard isVerbose else { return SwiftLogNoOpLogHandler() }
            return CommandLogHandler(label: label)
        }
    }

    /// `-5` is JSON, and a wrong number of seconds, but never one of our options. White space before it changes neither.
    static func protectingNegativeNumber(_ argument: String) -> String {
        let bytes = argument.utf8.prefix(2)
        let isNumber = bytes.first == UInt8(ascii: "-") && bytes.last.map(isDigit) == true
        return isNumber ? " \(argument)" : argument
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Says what went wrong, or what was asked for with `--help` or `--version`, and ends the process.
    private static func end(with error: any Error) -> Never {
        let status = CommandStatus(error)
        if status == .success {
            try? StandardOutput.write(line: fullMessage(for: error))
        } else {
            StandardError.write(paragraph: Failure.text(error))
        }
        status.exitProcess()
    }
}

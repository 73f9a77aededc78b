import ArgumentParser
internal import Dispatch
internal import Foundation
internal import SecureChannel

/// Our own end of the benchmarks, over the public API alone; see the contract in `Benchmarks/README.md`.
@main
struct ChannelBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "An echo server and load generators, to be pinned to one core each.",
        subcommands: [Serve.self, Load.self, Handshakes.self]
    )

    /// Keeps the main thread: an asynchronous entry point gives it up, which callgrind does not survive.
    static func main() {
        Task.detached {
            await execute()
            Foundation.exit(0)
        }
        DispatchSemaphore(value: 0).wait()
    }

    private static func execute() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let isUsage = exitCode(for: error) == .validationFailure
            let isHelp = exitCode(for: error) == .success
            let text = isUsage || isHelp ? fullMessage(for: error) : "ChannelBenchmark: \(error)"
            FileHandle.standardError.write(Data((text + "\n").utf8))
            Foundation.exit(isHelp ? 0 : isUsage ? 2 : 1)
        }
    }
}

/// What the content of a request is.
enum ContentKind: String, ExpressibleByArgument, CaseIterable {
    /// Binary content of a given size.
    case bytes
    /// A `Record`, encoded and decoded at both ends.
    case record
}

/// One event loop, so that one core is all that an end uses.
let oneLoop = ChannelConfiguration(eventLoops: EventLoops(threads: 1))

/// Where the server is, and how it is known to be the right one.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server's port on this machine.") var port: Int
    @Option(help: "The authority's certificates.") var trustRoots: String?
    @Option(help: "A client's certificate, for a server that asks for one.") var certificate: String?
    @Option(help: "Its key.") var privateKey: String?

    /// TLS if there is an authority, else plain TCP.
    var address: Address {
        guard let trustRoots else { return .tcp("127.0.0.1", port) }
        return .tls(
            "127.0.0.1",
            port,
            TLSConfiguration(
                certificate: certificate.map { .file($0) },
                privateKey: privateKey.map { .file($0) },
                trustRoots: .file(trustRoots),
                serverName: "localhost"
            )
        )
    }
}

/// A line of the contract: what was measured.
func report(_ latencies: LatencyHistogram, seconds: Double) {
    // Written at once: on a pipe `print` would keep it until the end of the process.
    let line = """
        {"calls": \(latencies.count), "seconds": \(seconds), "p50": \(latencies.microseconds(atQuantile: 0.5)), \
        "p99": \(latencies.microseconds(atQuantile: 0.99)), "p999": \(latencies.microseconds(atQuantile: 0.999))}

        """
    FileHandle.standardOutput.write(Data(line.utf8))
}

/// Why a measurement counts for nothing.
struct BenchmarkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

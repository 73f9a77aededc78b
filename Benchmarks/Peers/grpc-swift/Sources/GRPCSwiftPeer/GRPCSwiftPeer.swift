import ArgumentParser
internal import NIOPosix
internal import SwiftContract

/// What Swift users would take in place of the library: grpc-swift-2 over its own HTTP/2 transport, with swift-nio-ssl.
/// See the contract in `Benchmarks/README.md`.
///
/// Its flush coalescing is left as it is by default, on at both ends: with 64 calls in flight it made for a fifth more calls than
/// without, and with one in flight for a sixth fewer.
@main
struct GRPCSwiftPeer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grpc-swift",
        abstract: "An echo server and a load generator over grpc-swift-2, to be pinned to one core each.",
        subcommands: [Serve.self, Load.self]
    )

    static func main() async { await runProgram(Self.self) }
}

/// One event loop an end. Handlers and callers run where gRPC lets them: on Swift's pool, on the same core.
let oneLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

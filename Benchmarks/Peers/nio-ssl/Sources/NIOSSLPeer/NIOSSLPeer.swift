import ArgumentParser
internal import NIOPosix
internal import SwiftContract

/// What a good NIO programmer would have today in place of the library: swift-nio and swift-nio-ssl (BoringSSL) under our own
/// wire. See the contract in `Benchmarks/README.md`.
@main
struct NIOSSLPeer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nio-ssl",
        abstract: "An echo server and a load generator over swift-nio-ssl, to be pinned to one core each.",
        subcommands: [Serve.self, Load.self]
    )

    static func main() async { await runProgram(Self.self) }
}

/// One event loop, so that one core is all that an end uses.
let oneLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

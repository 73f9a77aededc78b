import ArgumentParser
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import SwiftContract

/// Answers every request with its own content.
struct Serve: AsyncParsableCommand {
    @OptionGroup var options: ServeOptions

    func run() async throws {
        let context = try makeServerContext(options)
        exitOnTermination()
        let listener = try await ServerBootstrap(group: oneLoop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Who does not read the replies is not read from.
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context), BackPressureHandler(), EchoHandler(),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: Int(options.port))
            .get()
        try announce(port: listener.localAddress?.port ?? 0)
        try await listener.closeFuture.get()
        throw BenchmarkFailure("the listening socket was closed")
    }
}

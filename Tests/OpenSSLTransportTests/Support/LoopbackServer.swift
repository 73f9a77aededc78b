import NIOCore
import NIOPosix

@testable import OpenSSLTransport

/// A TLS server on a free port of the loopback interface.
struct LoopbackServer {
    let channel: any Channel

    var port: Int { self.channel.localAddress?.port ?? 0 }

    /// - Parameter makeApplication: Makes the handler above TLS for each connection.
    init(
        _ configuration: TLSConfiguration,
        limits: TLSConnectionLimits = TLSConnectionLimits(),
        makeApplication: @escaping @Sendable () -> some ChannelInboundHandler
    ) async throws {
        let context = try configuration.context(for: .server)
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context, host: nil, limits: limits),
                        makeApplication()
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    /// Connects a client of our own to it.
    func connect(
        _ configuration: TLSConfiguration,
        autoRead: Bool = true,
        makeApplication: @escaping @Sendable () -> some ChannelInboundHandler
    ) async throws -> any Channel {
        let context = try configuration.context(for: .client)
        return try await Self.connect(context, port: self.port, autoRead: autoRead, makeApplication: makeApplication)
    }

    static func connect(
        _ context: TLSContext,
        port: Int,
        autoRead: Bool = true,
        makeApplication: @escaping @Sendable () -> some ChannelInboundHandler
    ) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: autoRead)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context, host: "localhost"),
                        makeApplication()
                    )
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
    }

    func close() async throws { try await self.channel.close() }
}

/// Sends back what it gets, and closes when the peer does.
final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.write(data, promise: nil) }
    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }
}

/// Reports what it gets to a test on another thread.
final class Reporter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum News: Sendable {
        case handshakeCompleted(TLSConnectionInformation)
        case bytes(ByteBuffer)
        case inputClosed
        case error(any Error)
    }

    private let continuation: AsyncStream<News>.Continuation

    init(_ continuation: AsyncStream<News>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.continuation.yield(.bytes(self.unwrapInboundIn(data)))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let information) = event as? TLSUserEvent {
            self.continuation.yield(.handshakeCompleted(information))
        } else if event as? ChannelEvent == .inputClosed {
            self.continuation.yield(.inputClosed)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.continuation.yield(.error(error)) }
    func channelInactive(context: ChannelHandlerContext) { self.continuation.finish() }
}

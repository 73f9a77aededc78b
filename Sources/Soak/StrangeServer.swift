internal import NIOCore
internal import NIOPosix

/// A server for our client that never speaks TLS; how it answers is told by the port.
final class StrangeServer: Sendable {
    /// What it does when a client has said something.
    enum Manner: CaseIterable, Sendable {
        /// Nothing.
        case silent
        /// Ends the connection.
        case closing
        /// Answers with something that is not TLS, and waits.
        case garbage
        /// Answers with the alert handshake_failure (RFC 8446, section 6), and waits.
        case alerting
    }

    private let listeners: [Manner: any NIOCore.Channel]

    private init(_ listeners: [Manner: any NIOCore.Channel]) { self.listeners = listeners }

    static func start() async throws -> StrangeServer {
        var listeners: [Manner: any NIOCore.Channel] = [:]
        for manner in Manner.allCases {
            listeners[manner] = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { $0.pipeline.addHandler(Host(manner)) }
                .bind(host: "127.0.0.1", port: 0).get()
        }
        return StrangeServer(listeners)
    }

    func port(_ manner: Manner) -> Int { listeners[manner]?.localAddress?.port ?? 0 }

    func close() async {
        for listener in listeners.values { try? await listener.close() }
    }

    private final class Host: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let manner: Manner

        init(_ manner: Manner) { self.manner = manner }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch manner {
            case .silent: break
            case .closing: context.close(promise: nil)
            case .garbage: answer("SSH-2.0-OpenSSH_9.2\r\n".utf8, context)
            case .alerting: answer([21, 3, 3, 0, 2, 2, 40], context)
            }
        }

        private func answer(_ bytes: some Sequence<UInt8>, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// The first bytes that a client of ours says, as they go over the wire.
func recordClientHello(_ connect: @escaping @Sendable (_ port: Int) async -> Void) async throws -> [UInt8] {
    let (hellos, hello) = AsyncStream.makeStream(of: [UInt8].self)
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { $0.pipeline.addHandler(Recorder(hello)) }
        .bind(host: "127.0.0.1", port: 0).get()
    let port = listener.localAddress?.port ?? 0
    async let client: Void = connect(port)
    var recorded: [UInt8] = []
    for await bytes in hellos {
        recorded = bytes
        break
    }
    await client
    try await listener.close()
    return recorded
}

private final class Recorder: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let hello: AsyncStream<[UInt8]>.Continuation

    init(_ hello: AsyncStream<[UInt8]>.Continuation) { self.hello = hello }

    /// A ClientHello of a few hundred bytes over the loopback comes in one piece.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hello.yield(Array(unwrapInboundIn(data).readableBytesView))
        context.close(promise: nil)
    }
}

internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A connection with an async API, as our own channel has one. Calls are made on its event loop's thread.
struct EchoChannel: Sendable {
    private let channel: any Channel
    private let handler: NIOLoopBound<CallHandler>

    /// Opens a connection to this machine's "localhost", up to the end of the TLS handshake.
    static func connect(port: Int, context: NIOSSLContext, on loop: any EventLoop) async throws -> EchoChannel {
        let whenConnected = loop.makePromise(of: Void.self)
        let (channel, handler) = try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = CallHandler(whenConnected: whenConnected)
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"), handler,
                    ])
                    return (channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
                }
            }
        try await whenConnected.futureResult.get()
        return EchoChannel(channel: channel, handler: handler)
    }

    /// The content that the server sends back. The task has to run on the channel's event loop.
    func call(_ content: ByteBuffer) async throws -> ByteBuffer {
        try await withCheckedThrowingContinuation { handler.value.call(content, $0) }
    }

    /// Says goodbye and waits until the server has done so, too.
    func close() async {
        // That it is closed already is no error here.
        try? await channel.close().get()
    }
}

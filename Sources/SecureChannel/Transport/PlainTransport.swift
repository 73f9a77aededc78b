internal import NIOCore

/// TCP and Unix sockets: the bytes of the socket are those of the channel.
final class PlainTransport: ChannelInboundHandler, Transport {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let channelProtocol: ChannelProtocol
    var core: ChannelCore? { channelProtocol.delegate as? ChannelCore }
    let eventLoop: any EventLoop
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private(set) var context: ChannelHandlerContext?
    /// As the channel last said: to ask it takes longer, and is done several times for each message.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private(set) var isWritable = true

    init(_ channelProtocol: ChannelProtocol, eventLoop: any EventLoop) {
        self.channelProtocol = channelProtocol
        self.eventLoop = eventLoop
    }

    // MARK: From the socket

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channelProtocol.attach(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isWritable = false
        self.context = nil
        channelProtocol.detach()
    }

    func channelActive(context: ChannelHandlerContext) {
        channelProtocol.becomeReady(nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        channelProtocol.receive(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        channelProtocol.endRead()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable { channelProtocol.becomeWritable() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            channelProtocol.endInput()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        channelProtocol.receive(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        channelProtocol.endTransport()
        context.fireChannelInactive()
    }

    // MARK: To the socket

    var waitingByteCount: Int { context?.bufferedByteCount ?? 0 }

    func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    func whenSent(_ call: @escaping (Bool) -> Void) {
        guard let context else { return call(false) }
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { if case .success = $0 { call(true) } else { call(false) } }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    func expect(_ count: Int) {}

    func setReading(_ isOn: Bool) {
        context?.setReading(isOn)
    }

    func endOutput() {
        context?.close(mode: .output, promise: nil)
    }

    func close() {
        context?.close(promise: nil)
    }
}

extension ChannelHandlerContext {
    /// How many bytes the socket has been given and has not taken.
    var bufferedByteCount: Int { (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    func setReading(_ isOn: Bool) {
        try? channel.syncOptions?.setOption(.autoRead, value: isOn)
    }
}

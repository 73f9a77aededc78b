internal import NIOCore
internal import OpenSSLTransport

/// TLS over TCP: one connection of `OpenSSLTransport` between the socket and the channel, without a pipeline between them.
final class TLSTransport: ChannelDuplexHandler, Transport {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let connection: TLSConnection
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

    init(_ connection: TLSConnection, _ channelProtocol: ChannelProtocol, eventLoop: any EventLoop) {
        self.connection = connection
        self.channelProtocol = channelProtocol
        self.eventLoop = eventLoop
    }

    // MARK: From the socket

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        channelProtocol.attach(self)
        connection.begin(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isWritable = false
        connection.end()
        self.context = nil
        channelProtocol.detach()
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.connect(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.receive(unwrapInboundIn(data), from: self)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        channelProtocol.endRead()
        connection.endRead(self)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        guard isWritable else { return }
        connection.becomeWritable(self)
        channelProtocol.becomeWritable()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            connection.endInput(self)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.receive(error, from: self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.endTransport(self)
        channelProtocol.endTransport()
        context.fireChannelInactive()
    }

    // MARK: From the pipeline's end

    func read(context: ChannelHandlerContext) {
        connection.read(self)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        connection.close(mode, promise: promise, self)
    }

    // MARK: From the framing

    var waitingByteCount: Int { context?.bufferedByteCount ?? 0 }

    func write(_ bytes: ByteBuffer) {
        connection.write(bytes, self)
    }

    func flush() {
        connection.flush(self)
    }

    func whenSent(_ call: @escaping (Bool) -> Void) {
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { if case .success = $0 { call(true) } else { call(false) } }
        connection.enqueue(ByteBuffer(), promise, self)
        connection.flush(self)
    }

    func expect(_ count: Int) {
        connection.expect(count, self)
    }

    func setReading(_ isOn: Bool) {
        context?.setReading(isOn)
    }

    func endOutput() {
        connection.close(.output, promise: nil, self)
    }

    func close() {
        connection.close(.all, promise: nil, self)
    }
}

// MARK: What the connection stands between

extension TLSTransport: TLSLine {
    var isActive: Bool { context?.channel.isActive ?? false }
    var peerAddress: SocketAddress? { context?.channel.remoteAddress }

    func send(_ ciphertext: ByteBuffer, promise: EventLoopPromise<Void>?) {
        guard let context else { return promise?.fail(NIOCore.ChannelError.ioOnClosedChannel) ?? () }
        context.write(wrapOutboundOut(ciphertext), promise: promise)
    }

    func flushSent() {
        context?.flush()
    }

    func noteAnswer() {
        channelProtocol.watchOutput()
    }

    func readMore() {
        context?.read()
    }

    func close(_ mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard let context else { return promise?.fail(NIOCore.ChannelError.alreadyClosed) ?? () }
        context.close(mode: mode, promise: promise)
    }

    func establish(_ agreement: TLSConnectionInformation) {
        channelProtocol.becomeReady(agreement)
    }

    func receive(_ plaintext: ByteBuffer) {
        channelProtocol.receive(plaintext)
    }

    func endHeldRead() {
        channelProtocol.endRead()
    }

    func readOn() {
        if (try? context?.channel.syncOptions?.getOption(.autoRead)) ?? true { context?.pipeline.read() }
    }

    func endInput() {
        channelProtocol.endInput()
    }

    func fail(_ error: any Error) {
        channelProtocol.receive(error)
    }
}

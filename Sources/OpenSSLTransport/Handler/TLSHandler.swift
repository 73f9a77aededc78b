public import NIOCore

/// TLS over any NIO channel, by the system's OpenSSL: bytes in, bytes out.
///
/// Plaintext written before the handshake is over waits for its end, which is announced by
/// ``TLSUserEvent/handshakeCompleted(_:)``. Every failure is a ``TLSError``, reported once through `errorCaught`, after
/// which the channel closes. When the peer ends its side with close_notify, `ChannelEvent.inputClosed` is fired and
/// one can still write; when its stream just ends, that is the error ``TLSError/Cause/truncated``.
///
/// Flushed writes are joined into records, unless told otherwise with one flush per read, and encrypted only while
/// the channel is writable: what the socket does not take waits as plaintext, up to a limit.
///
/// `close(mode: .all)` sends what was flushed and close_notify, and waits at most a second for the peer to close its
/// end; `close(mode: .output)` leaves the other direction open. The handler cannot be removed from the pipeline of an
/// open channel: whatever is written after that would go out in the clear.
public final class TLSHandler: ChannelDuplexHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer
    public typealias OutboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    let connection: TLSConnection

    /// A client's end of a connection.
    ///
    /// - Parameters:
    ///   - configuration: Read and checked with the first handler that is made of it; later ones are cheap.
    ///   - host: What was dialled, a DNS name or an IP address, for SNI and to verify the server's certificate against.
    ///     The configuration's own server name, if it has one, comes before it.
    ///   - port: The port that was dialled. Sessions are only resumed with the same host and port.
    ///   - maximumPendingPlaintext: Bytes that may wait to be encrypted, 64 MiB by default. A write beyond fails with
    ///     ``TLSError/Cause/plaintextLimitExceeded``, and the whole connection with it if the write had no promise.
    ///   - closeTimeout: How long a close may wait for flushed bytes to leave, 5 s by default.
    ///   - joinsFlushes: Whether flushes while reading become one at the end of the read, which helps who flushes each
    ///     small write; true by default.
    public convenience init(
        client configuration: TLSConfiguration,
        host: String?,
        port: Int? = nil,
        maximumPendingPlaintext: Int = 64 << 20,
        closeTimeout: Duration = .seconds(5),
        joinsFlushes: Bool = true
    ) throws(TLSError) {
        self.init(
            try configuration.context(for: .client),
            of: configuration,
            host: host,
            port: port,
            limits: TLSConnectionLimits(
                pendingPlaintext: maximumPendingPlaintext,
                closeTimeout: closeTimeout,
                joinsFlushes: joinsFlushes
            )
        )
    }

    /// A server's end of a connection; its parameters are those of a client's.
    public convenience init(
        server configuration: TLSConfiguration,
        maximumPendingPlaintext: Int = 64 << 20,
        closeTimeout: Duration = .seconds(5),
        joinsFlushes: Bool = true
    ) throws(TLSError) {
        self.init(
            try configuration.context(for: .server),
            of: configuration,
            host: nil,
            limits: TLSConnectionLimits(
                pendingPlaintext: maximumPendingPlaintext,
                closeTimeout: closeTimeout,
                joinsFlushes: joinsFlushes
            )
        )
    }

    init(
        _ tls: TLSContext,
        of configuration: TLSConfiguration? = nil,
        host: String?,
        port: Int? = nil,
        limits: TLSConnectionLimits = TLSConnectionLimits()
    ) {
        self.connection = TLSConnection(tls, of: configuration, host: host, port: port, limits: limits)
    }

    // MARK: Life

    public func handlerAdded(context: ChannelHandlerContext) {
        self.connection.begin(context)
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.connection.end()
    }

    public func channelActive(context: ChannelHandlerContext) {
        self.connection.connect(context)
        context.fireChannelActive()
    }

    public func channelInactive(context: ChannelHandlerContext) {
        self.connection.endTransport(context)
        context.fireChannelInactive()
    }

    // MARK: Inbound

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.connection.receive(self.unwrapInboundIn(data), from: context)
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        self.connection.endRead(context)
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.connection.becomeWritable(context) }
        context.fireChannelWritabilityChanged()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        // Announced already if it follows close_notify, and an error if it does not.
        self.connection.endInput(context)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.connection.receive(error, from: context)
    }

    // MARK: Outbound

    public func read(context: ChannelHandlerContext) {
        self.connection.read(context)
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.connection.enqueue(self.unwrapOutboundIn(data), promise, context)
    }

    public func flush(context: ChannelHandlerContext) {
        self.connection.flush(context)
    }

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.connection.close(mode, promise: promise, context)
    }

    public func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard let event = event as? TLSExpectedBytes else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        self.connection.expect(event.count, context)
        promise?.succeed()
    }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}

// MARK: The pipeline as a line

extension ChannelHandlerContext: TLSLine {
    package var isActive: Bool { self.channel.isActive }
    package var isWritable: Bool { self.channel.isWritable }
    package var peerAddress: SocketAddress? { self.channel.remoteAddress }

    package func send(_ ciphertext: ByteBuffer, promise: EventLoopPromise<Void>?) {
        self.write(NIOAny(ciphertext), promise: promise)
    }
    package func flushSent() { self.flush() }
    package func noteAnswer() {}
    package func readMore() { self.read() }
    package func close(_ mode: CloseMode, promise: EventLoopPromise<Void>?) { self.close(mode: mode, promise: promise) }

    package func establish(_ agreement: TLSConnectionInformation) {
        self.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(agreement))
    }
    package func receive(_ plaintext: ByteBuffer) { self.fireChannelRead(NIOAny(plaintext)) }
    package func endHeldRead() { self.fireChannelReadComplete() }
    package func readOn() {
        if (try? self.channel.syncOptions?.getOption(.autoRead)) ?? true { self.pipeline.read() }
    }
    package func endInput() { self.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    package func fail(_ error: any Error) { self.fireErrorCaught(error) }
}

internal import COpenSSL
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

    /// What the connection began with; a reload before the first byte of the handshake still counts for it.
    var tls: TLSContext
    let configuration: TLSConfiguration?
    let host: String?
    let port: Int?
    let limits: TLSHandlerLimits

    /// What every read and write touches; see `TLSHandler+State.swift`.
    let hot: HotState
    /// The handshake's deadline, then that of closing.
    var timer: Scheduled<Void>?
    /// A step of the handshake is done on a thread.
    var errand: HandshakeErrand?
    /// The program is being asked about the peer.
    var approval: Task<Void, Never>?
    var handshakeInputCount = 0
    /// Whether the peer has said anything.
    package var hasReceived: Bool { self.handshakeInputCount > 0 || self.ciphertext.readableBytes > 0 }
    var lingerInputCount = 0
    /// Why the connection is over, if it did not end well.
    var failure: (any Error)?
    /// The transport has reported an error itself, and there is nothing to add to it.
    var transportHasFailed = false

    var closePromises: [EventLoopPromise<Void>] = []
    var halfClosePromises: [EventLoopPromise<Void>] = []

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
            limits: TLSHandlerLimits(
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
            limits: TLSHandlerLimits(
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
        limits: TLSHandlerLimits = TLSHandlerLimits()
    ) {
        self.tls = tls
        self.configuration = configuration
        self.host = host
        self.port = port
        self.limits = limits
        self.hot = HotState(role: tls.role, pendingPlaintext: limits.pendingPlaintext)
    }

    /// What to make a session of, now.
    func takeCurrentContext() {
        if let current = self.configuration?.currentContext(for: self.tls.role) { self.tls = current }
    }

    // MARK: Life

    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.connect(context) }
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.release(reason: self.failure ?? ChannelError.ioOnClosedChannel)
        self.context = nil
    }

    public func channelActive(context: ChannelHandlerContext) {
        self.connect(context)
        context.fireChannelActive()
    }

    public func channelInactive(context: ChannelHandlerContext) {
        self.endTransport(context)
        context.fireChannelInactive()
    }

    // MARK: Inbound

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isInRead = true
        self.receive(self.unwrapInboundIn(data), context)
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        self.isInRead = false
        self.sendPending(context)
        self.noteActivity(context)
        // A read that brought no plaintext is not what was asked for, and a handshake reads for itself.
        guard !self.machine.isPaused else { return }
        if self.readIsWanted || self.machine.isHandshaking || self.machine.isClosing { context.read() }
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !self.isInRead { self.sendPending(context) }
        context.fireChannelWritabilityChanged()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        // Announced already if it follows close_notify, and an error if it does not.
        self.endInput(context)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let reason = error as? IOError else { return context.fireErrorCaught(error) }
        let error = TLSError.broken(reason, during: self.machine.phase, self.peer(context))
        if self.machine.isHandshaking {
            self.fail(error, context)
        } else if !self.machine.isClosing {
            self.transportHasFailed = true
            self.failure = error
            self.fireUnfinished(context)
            context.fireErrorCaught(error)
        }
    }

    // MARK: Outbound

    public func read(context: ChannelHandlerContext) {
        self.readIsWanted = true
        if !self.machine.isPaused { context.read() }
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.enqueue(self.unwrapOutboundIn(data), promise, context)
    }

    public func flush(context: ChannelHandlerContext) {
        self.pending.markFlushed()
        if !(self.isInRead && self.limits.joinsFlushes) { self.sendPending(context) }
    }

    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .all: self.close(promise, context)
        case .output: self.closeOutput(promise, context)
        // TLS has no way to tell the peer, and without its records a session cannot go on.
        case .input: promise?.fail(ChannelError.operationUnsupported)
        }
    }

    public func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard let event = event as? TLSExpectedBytes else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        self.expect(event.count, context)
        promise?.succeed()
    }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}

internal import NIOCore
internal import OpenSSLTransport

/// What a ``ChannelProtocol`` tells the channel above it. All of it happens on the channel's event loop.
protocol ChannelProtocolDelegate: AnyObject {
    /// The transport is ready, its handshake done.
    func transportBecameReady(_ tls: TLSConnectionInformation?)
    func received(_ head: MessageHead, payload: ByteBuffer, content: Range<Int>)
    /// What was read at once has been handed on, and the tasks that it woke have run.
    func readEnded()
    /// The peer will send nothing more, and ended after a whole message.
    func inputEnded()
    /// Fewer bytes wait than before.
    func outboxShrank()
    /// The transport is gone; `error` is why, nil for an orderly end.
    func transportEnded(_ error: ChannelError?)
}

/// The length-prefixed protocol: bytes below, messages above, the same over every transport.
///
/// It cuts what is read into frames and reads their heads, joins what is written, and sends it once per turn of the event
/// loop. Of calls and requests it knows nothing.
final class ChannelProtocol: ChannelInboundHandler, Flushable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let codec: any Codec
    private let configuration: ChannelConfiguration
    private let peer: String
    private let executor: LoopExecutor
    private let waitsForTLS: Bool
    /// Held until the transport is gone; it holds this handler in turn.
    var delegate: (any ChannelProtocolDelegate)?

    private var context: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var outbox = Outbox()
    private var head = MessageWriter(reservedCapacity: 64)
    private var handedOver = 0
    private var watch: WriteWatch
    private var watchTask: Scheduled<Void>?
    private var closeTask: Scheduled<Void>?
    private var isFlushRegistered = false
    private var isReading = false
    private var hasInputEnded = false
    private var state = State.active
    /// Read, and not looked at while the channel is paused.
    private var held: ByteBuffer?

    private enum State {
        case active
        /// Bytes that were read wait until the channel goes on.
        case paused
        /// What was written is being sent; what comes is thrown away.
        case closing
        /// All was sent, and the peer has been told; its own end is waited for.
        case lingering
        case closed
    }

    init(codec: any Codec, configuration: ChannelConfiguration, peer: String, waitsForTLS: Bool, executor: LoopExecutor)
    {
        self.codec = codec
        self.configuration = configuration
        self.peer = peer
        self.waitsForTLS = waitsForTLS
        self.executor = executor
        self.decoder = FrameDecoder(maximumLength: configuration.maximumMessageSize)
        self.watch = WriteWatch(timeout: TimeAmount(configuration.writeTimeout))
    }

    private var isClosing: Bool {
        switch state {
        case .active, .paused: false
        case .closing, .lingering, .closed: true
        }
    }

    // MARK: Writing

    /// How many bytes wait to be handed to the transport.
    var waitingByteCount: Int { outbox.byteCount }

    /// Queues one message; it is sent with the others of this turn of the event loop.
    ///
    /// - Parameter content: the content and the codec's tail.
    /// - Throws: ``ChannelError`` when the message is larger than the maximum; nothing is queued then.
    func write(_ message: MessageHead, content: ByteBuffer) throws(ChannelError) {
        guard !isClosing else { return }
        head.buffer.clear()
        codec.encode(message, into: &head)
        let length = head.count + content.readableBytes
        guard length <= configuration.maximumMessageSize else { throw tooLarge(length) }
        outbox.append(head: head.buffer, content: content)
        registerFlush()
    }

    /// Encodes one message straight into what will be sent with this turn of the event loop: no copy is made of it.
    ///
    /// - Parameters:
    ///   - isAdmitted: says whether a payload of this length may be sent now.
    ///   - encode: appends the content and the codec's tail. It may run anybody's code, so what waits is taken out of reach
    ///     for its duration.
    /// - Returns: the payload's length, or nil when it was not admitted; nothing is queued then, nor when this throws.
    func write(
        _ message: MessageHead,
        isAdmitted: (Int) -> Bool,
        encode: (inout MessageWriter) throws(ChannelError) -> Void
    ) throws(ChannelError) -> Int? {
        guard !isClosing else { return 0 }
        var writer = MessageWriter(outbox.takeBatch())
        let start = writer.buffer.writerIndex
        do throws(ChannelError) {
            writer.buffer.writeInteger(0 as UInt32)  // the length, when it is known
            codec.encode(message, into: &writer)
            try encode(&writer)
            let length = writer.buffer.writerIndex - start - 4
            guard length <= configuration.maximumMessageSize else { throw tooLarge(length) }
            guard isAdmitted(length) else {
                writer.buffer.moveWriterIndex(to: start)
                outbox.putBack(writer.buffer, added: 0)
                return nil
            }
            writer.buffer.setInteger(UInt32(truncatingIfNeeded: length), at: start)
            outbox.putBack(writer.buffer, added: 4 + length)
            registerFlush()
            return length
        } catch {
            writer.buffer.moveWriterIndex(to: start)
            outbox.putBack(writer.buffer, added: 0)
            throw error
        }
    }

    private func tooLarge(_ length: Int) -> ChannelError {
        ChannelError(
            .messageTooLarge,
            "The message has \(length) bytes, and the maximum is \(configuration.maximumMessageSize).",
            address: peer,
            hint: "Raise maximumMessageSize on both ends, or send it in parts."
        )
    }

    private func registerFlush() {
        guard !isReading, !isFlushRegistered else { return }
        isFlushRegistered = true
        executor.flushLater(self)
    }

    func flush() {
        isFlushRegistered = false
        guard let context, state != .closed else { return }
        let before = outbox.byteCount
        while context.channel.isWritable, !outbox.isEmpty {
            // In portions, because a transport that encrypts only says after a flush how much waits below it.
            var portion = 0
            while portion < Self.portion, let buffer = outbox.next() {
                portion += buffer.readableBytes
                context.write(wrapOutboundOut(buffer), promise: nil)
            }
            handedOver += portion
            context.flush()
        }
        if outbox.byteCount < before {
            watchWrites()
            delegate?.outboxShrank()
        } else if !outbox.isEmpty, watchTask == nil {
            watchWrites()
        }
        if state == .closing, outbox.isEmpty { finishOutput() }
    }

    private func watchWrites() {
        guard watchTask == nil, let context, state != .closed else { return }
        let below = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        switch watch.look(handedOver: handedOver, waiting: below + outbox.byteCount, at: .now()) {
        case .idle:
            return
        case .look(let deadline):
            watchTask = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
                self?.watchTask = nil
                self?.watchWrites()
            }
        case .timedOut:
            fail(
                ChannelError(
                    .writeTimedOut,
                    "The connection to \(peer) took nothing for \(configuration.writeTimeout) while \(below + outbox.byteCount) bytes waited.",
                    address: peer,
                    hint: "The peer does not read, or the network is down."
                )
            )
        }
    }

    // MARK: Reading

    /// Stops reading; what has been read already waits.
    func pause() {
        guard state == .active else { return }
        state = .paused
        setAutoRead(false)
    }

    func resume() {
        guard state == .paused else { return }
        state = .active
        if let bytes = held {
            held = nil
            parse(bytes)
        }
        guard state == .active else { return }  // the bytes that waited may have paused it again, or closed it
        setAutoRead(true)
        if hasInputEnded { inputClosed() }
    }

    private func parse(_ bytes: ByteBuffer) {
        var bytes = bytes
        do {
            while state == .active, let payload = try decoder.next(from: &bytes) {
                let (head, content) = try codec.decodeHead(from: payload.readableBytesSpan)
                guard content.lowerBound >= 0, content.upperBound <= payload.readableBytes else {
                    throw FrameDecoder.Violation.empty
                }
                delegate?.received(head, payload: payload, content: content)
            }
        } catch {
            fail(.violation(error, peer: peer))
            return
        }
        if state == .paused {
            if bytes.readableBytes > 0 {
                if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
            }
        } else if decoder.missingByteCount > Self.worthAnnouncing {
            context?.triggerUserOutboundEvent(TLSExpectedBytes(count: decoder.missingByteCount), promise: nil)
        }
    }

    private func setAutoRead(_ on: Bool) {
        try? context?.channel.syncOptions?.setOption(.autoRead, value: on)
    }

    // MARK: Closing

    /// Sends what was written, then closes in an orderly way: whatever happens, in bounded time.
    func close() {
        guard !isClosing else { return }
        guard context != nil else { return end(nil) }
        if state == .paused { setAutoRead(true) }
        state = .closing
        held = nil
        closeSoon(Self.closeTimeout)
        flush()
    }

    /// Everything is handed to the transport: says that no more will come, and gives the peer a moment to say the same, so
    /// that a reset does not overtake what is on its way.
    private func finishOutput() {
        guard let context, state == .closing else { return }
        state = .lingering
        if hasInputEnded { return context.close(promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [weak self] result in
            if case .success = result {
                self?.closeSoon(Self.lingerTimeout)
            } else {
                self?.context?.close(promise: nil)
            }
        }
        context.close(mode: .output, promise: promise)
    }

    private func closeSoon(_ delay: TimeAmount) {
        closeTask?.cancel()
        closeTask = context?.eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
            self?.context?.close(promise: nil)
        }
    }

    /// Closes at once, because of `error`.
    func fail(_ error: ChannelError) {
        guard state != .closed else { return }
        let context = context
        end(error)
        context?.close(promise: nil)
    }

    private func end(_ error: ChannelError?) {
        guard state != .closed else { return }
        state = .closed
        outbox.removeAll()
        held = nil
        watchTask?.cancel()
        watchTask = nil
        closeTask?.cancel()
        closeTask = nil
        let delegate = delegate
        self.delegate = nil
        delegate?.transportEnded(error)
    }

    private static let portion = 1 << 18
    private static let worthAnnouncing = 16384
    private static let closeTimeout = TimeAmount.seconds(5)
    private static let lingerTimeout = TimeAmount.seconds(1)
}

// MARK: What the transport says

extension ChannelProtocol {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        end(nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !waitsForTLS { delegate?.transportBecameReady(nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let bytes = unwrapInboundIn(data)
        switch state {
        case .active: parse(bytes)
        case .paused:
            var bytes = bytes
            if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
        case .closing, .lingering, .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        executor.drain()
        delegate?.readEnded()
        isReading = false
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flush() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let information):
            delegate?.transportBecameReady(information)
        case ChannelEvent.inputClosed:
            inputClosed()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func inputClosed() {
        hasInputEnded = true
        switch state {
        case .lingering:
            context?.close(promise: nil)
        case .closing, .closed:
            break
        case .active, .paused:
            if held != nil { return }  // replies may be among it: the end comes when it has been looked at
            if decoder.isInFrame {
                fail(.truncated(decoder.progress, peer: peer))
            } else {
                delegate?.inputEnded()
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.transport(error, peer: peer))
    }

    func channelInactive(context: ChannelHandlerContext) {
        if state == .active || state == .paused, decoder.isInFrame {
            end(.truncated(decoder.progress, peer: peer))
        } else {
            end(nil)
        }
        context.fireChannelInactive()
    }
}

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
final class ChannelProtocol: Flushable {
    private let codec: any Codec
    let configuration: ChannelConfiguration
    let peer: String
    let executor: LoopExecutor
    // What every message touches, without checks at run time in release builds; the rule is at ``ChannelCore``'s.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var state = State.active
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var decoder: FrameDecoder
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var outbox = Outbox()
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isFlushRegistered = false
    /// Between a read and its end, when what is written is flushed at that end.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isReading = false
    /// Whether the peer has said anything.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var hasReceived = false
    /// Set while there is one.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var transport: (any Transport)?
    /// Held until the transport is gone; it holds this protocol in turn.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var delegate: (any ChannelProtocolDelegate)?

    var watch: WriteWatch
    // Timers hold this protocol until they are cancelled, which is when the transport ends. A weak reference would make each
    // retain and release of it slow, for it moves the counts out of the object.
    var watchTask: Scheduled<Void>?
    var closeTask: Scheduled<Void>?
    var hasInputEnded = false
    /// Read, and not looked at while the channel is paused.
    var held: ByteBuffer?

    init(codec: any Codec, configuration: ChannelConfiguration, peer: String, executor: LoopExecutor) {
        self.codec = codec
        self.configuration = configuration
        self.peer = peer
        self.executor = executor
        self.decoder = FrameDecoder(maximumLength: configuration.maximumMessageSize)
        self.watch = WriteWatch(timeout: .bounded(configuration.writeTimeout))
    }

    var isClosing: Bool {
        switch state {
        case .active, .paused: false
        case .closing, .flushing, .lingering, .closed: true
        }
    }

    // MARK: Writing

    /// How many bytes wait to be handed to the transport.
    var waitingByteCount: Int { outbox.byteCount }

    /// How many bytes have been handed to the transport.
    var handedOverByteCount: UInt64 { outbox.takenByteCount }

    /// How many bytes have been written, those that wait among them: where the frame ends that was written last. 0 while
    /// another one is being encoded, whose place is not known yet.
    var writtenByteCount: UInt64 {
        outbox.isTaken ? 0 : outbox.takenByteCount &+ UInt64(outbox.byteCount)
    }

    /// Queues one message; it is sent with the others of this turn of the event loop.
    ///
    /// - Parameter content: the content and the codec's tail.
    /// - Throws: ``ChannelError`` when the message is larger than the maximum; nothing is queued then.
    func write(_ message: MessageHead, content: ByteBuffer) throws(ChannelError) {
        guard !isClosing else { return }
        var head = MessageWriter(reservedCapacity: 32)
        codec.encode(message, into: &head)
        let length = head.count + content.readableBytes
        guard length <= configuration.maximumMessageSize else { throw tooLarge(length) }
        guard !isClosing else { return }  // a codec may be anybody's code, and have closed the channel
        outbox.append(head: head.output.bytes, content: content)
        registerFlush()
    }

    /// Encodes one message straight into what will be sent with this turn of the event loop: no copy is made of it.
    ///
    /// - Parameters:
    ///   - sizeHint: about how long the payload will be, if that is known and it may be large.
    ///   - isAdmitted: says whether a payload of this length may be sent now.
    ///   - encode: appends the content and the codec's tail. It may run anybody's code, so what waits is taken out of reach
    ///     for its duration.
    /// - Returns: the payload's length, or nil when it was not admitted; nothing is queued then, nor when this throws, nor
    ///   when the channel is closing or what encodes has closed it.
    func write(
        _ message: MessageHead,
        sizeHint: Int,
        isAdmitted: (Int) -> Bool,
        encode: (inout MessageWriter) throws(ChannelError) -> Void
    ) throws(ChannelError) -> Int? {
        guard !isClosing else { return 0 }
        let room = min(sizeHint, configuration.maximumMessageSize) + 256
        var batch = outbox.takeBatch(reserving: 4 + room)
        let length: Int?
        do throws(ChannelError) {
            length = try batch.writeFrame(reserving: room) { (writer) throws(ChannelError) in
                codec.encode(message, into: &writer)
                try encode(&writer)
                guard writer.count <= configuration.maximumMessageSize else { throw tooLarge(writer.count) }
                return !isClosing && isAdmitted(writer.count)
            }
        } catch {
            putBack(batch, added: 0)
            throw error
        }
        putBack(batch, added: length.map { 4 + $0 } ?? 0)
        if length != nil { registerFlush() }
        return length
    }

    private func putBack(_ batch: consuming ByteBuffer, added: Int) {
        guard state != .closed else { return outbox.forget() }
        outbox.putBack(batch, added: added)
        // What encodes has closed the channel, and nothing could be flushed then.
        if isClosing, !outbox.isTaken { registerFlush() }
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
        executor.noteFrame()
        guard !isFlushRegistered else { return }
        isFlushRegistered = true
        executor.flushLater(self)
    }

    func flush() {
        isFlushRegistered = false
        guard let transport, state != .closed, !outbox.isTaken else { return }
        if !outbox.isEmpty { write(transport) }
        if state == .closing, outbox.isEmpty { finishOutput() }
    }

    private func write(_ transport: any Transport) {
        let before = outbox.byteCount
        while transport.isWritable, !outbox.isEmpty {
            // In portions, because a transport that encrypts only says after a flush how much waits below it.
            var portion = 0
            while portion < Self.portion, let buffer = outbox.next() {
                portion += buffer.readableBytes
                transport.write(buffer)
            }
            transport.flush()
        }
        watchLater(transport)
        if outbox.byteCount < before { delegate?.outboxShrank() }
    }

    // MARK: Reading

    /// Stops reading; what has been read already waits.
    func pause() {
        guard state == .active else { return }
        state = .paused
        transport?.setReading(false)
    }

    func resume() {
        guard state == .paused else { return }
        state = .active
        if let bytes = held {
            held = nil
            parse(bytes)
        }
        guard state == .active else { return }  // the bytes that waited may have paused it again, or closed it
        transport?.setReading(true)
        if hasInputEnded { endInput() }
    }

    func parse(_ bytes: ByteBuffer) {
        var bytes = bytes
        do {
            while state == .active {
                try receiveWholeFrames(&bytes)
                guard state == .active, let payload = try decoder.next(from: &bytes) else { break }
                try receive(payload, delegate)
            }
        } catch {
            fail(.violation(error, peer: peer, codec: codec))
            return
        }
        if state == .paused {
            if bytes.readableBytes > 0 {
                if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
            }
        } else if decoder.missingByteCount > Self.worthAnnouncing {
            transport?.expect(decoder.missingByteCount)
        }
    }

    /// The common case, in one look at the bytes: small frames of which many come at once.
    private func receiveWholeFrames(_ bytes: inout ByteBuffer) throws {
        let delegate = delegate
        let input = bytes
        let taken = try input.withUnsafeReadableBytes { memory in
            var offset = 0
            while state == .active, let range = try decoder.wholePayload(in: memory, at: offset) {
                let (head, content) = try decodeHead(from: RawSpan(_unsafeBytes: memory[range]))
                offset = range.upperBound
                guard let payload = input.getSlice(at: input.readerIndex + range.lowerBound, length: range.count) else {
                    break
                }
                try check(content, in: payload)
                delegate?.received(head, payload: payload, content: content)
            }
            return offset
        }
        bytes.moveReaderIndex(forwardBy: taken)
    }

    private func receive(_ payload: ByteBuffer, _ delegate: (any ChannelProtocolDelegate)?) throws {
        let (head, content) = try decodeHead(from: payload.readableBytesSpan)
        try check(content, in: payload)
        delegate?.received(head, payload: payload, content: content)
    }

    @inline(__always)
    private func decodeHead(from payload: RawSpan) throws -> (head: MessageHead, content: Range<Int>) {
        do {
            return try codec.decodeHead(from: payload)
        } catch {
            let firstByte = payload.isEmpty ? 0 : payload.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
            throw MalformedHead(firstByte: firstByte, cause: error)
        }
    }

    /// A codec may be anybody's.
    private func check(_ content: Range<Int>, in payload: ByteBuffer) throws(FrameDecoder.Violation) {
        guard content.lowerBound >= 0, content.upperBound <= payload.readableBytes else { throw .contentOutOfPayload }
    }

    private static let portion = 1 << 18
    private static let worthAnnouncing = 16384
}

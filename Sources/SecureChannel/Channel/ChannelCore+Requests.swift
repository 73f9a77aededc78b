internal import DequeModule
internal import NIOCore

/// What whoever takes requests is given.
enum Delivery: Sendable {
    case request(IncomingRequest)
    /// There will be none any more.
    case ended(ChannelError)
}

typealias RequestContinuation = UnsafeContinuation<Delivery, Never>

// The peer's requests, and this side's replies.
extension ChannelCore {
    func receive(_ request: IncomingRequest) {
        switch state {
        case .open:
            if let receiver = inbox.arrive(request) {
                receiver.resume(returning: .request(request))
            } else if inbox.isServing {
                dispatchLater()
            }
        case .draining:
            inbox.arriveLate(request)
            refuse(request)
        case .closing, .closed:
            return
        }
        if inbox.isOverLimit { channelProtocol.pause() }
    }

    /// The next request that waits, or how the channel ended; nil when there is nothing yet.
    func takeRequest() -> Delivery? {
        if let request = inbox.take() {
            if case .draining = state, inbox.queuedCount == 0 {
                endReceivers(failure ?? .closed(by: "this side", peer: peer))
            }
            return .request(request)
        }
        if case .open = state { return nil }
        return .ended(failure ?? .closed(by: "this side", peer: peer))
    }

    /// Encodes a result and answers with it; with a failure when that cannot be encoded or is too large.
    ///
    /// - Throws: ``ChannelError`` for whoever answers, also when the peer gets a failure instead.
    func answer(
        _ request: IncomingRequest,
        sizeHint: Int,
        encode: (inout MessageWriter) throws(ChannelError) -> Void
    ) throws(ChannelError) {
        try checkOpen()
        do {
            let head = MessageHead(kind: .result, id: request.id)
            let length = try channelProtocol.write(head, sizeHint: sizeHint, isAdmitted: { _ in true }, encode: encode)
            if length == nil { try checkOpen() }  // closed by what was called to encode it
        } catch {
            fail(request, error.message)
            throw error
        }
        answered(request)
    }

    /// Answers with a result, or a failure, that is encoded already.
    func answer(
        _ request: IncomingRequest,
        content: ByteBuffer,
        as kind: MessageHead.Kind
    ) throws(ChannelError) {
        try checkOpen()
        do {
            try channelProtocol.write(MessageHead(kind: kind, id: request.id), content: content)
        } catch {
            fail(request, error.message)
            throw error
        }
        answered(request)
    }

    /// Answers with a failure whose text is `text`; while the socket is full, when it has taken more. The request counts as
    /// open until then, so that a peer which asks much and reads nothing is held back.
    func fail(_ request: IncomingRequest, _ text: String) {
        write(request, because: RefusalText.distinct(text))
    }

    private func write(_ request: IncomingRequest, because text: String) {
        guard !isClosing else { return }
        if hasRoom, lateFailures.isEmpty { write(request, failure: text) } else { lateFailures.append((request, text)) }
    }

    private func write(_ request: IncomingRequest, failure text: String) {
        var writer = MessageWriter(reservedCapacity: text.utf8.count + 16)
        do {
            try codec.encode(
                PeerText.clean(text, limit: RemoteError.maximumMessageLength, keepingLines: true),
                into: &writer
            )
            codec.encodeTail(into: &writer)
            try channelProtocol.write(
                MessageHead(kind: .exception, id: request.id),
                content: ByteBuffer(bytes: writer.output.bytes)
            )
            answered(request)
        } catch {
            // The peer would wait for ever for an answer that cannot be written.
            close(
                ChannelError(
                    .encodingFailed,
                    "A failure could not be sent to \(peer): \(CodingFailureText.of(error))",
                    address: peer,
                    hint: "The codec must be able to write a text, and the maximum message size leave room for it.",
                    cause: error
                )
            )
        }
    }

    /// A request has its answer: its slot is free.
    private func answered(_ request: IncomingRequest) {
        inbox.answered(size: request.size)
        if !inbox.isOverLimit { channelProtocol.resume() }
        offerRoom()
        closeIfDrained()
    }

    private func checkOpen() throws(ChannelError) {
        switch state {
        case .open, .draining: break
        case .closing(let error), .closed(let error): throw error
        }
    }

    func refuse(_ request: IncomingRequest) {
        write(request, because: (refusal ?? .draining).rawValue)
    }

    // MARK: Room

    /// Whether a reply may be written now, or should wait for the socket to take what waits before it.
    var hasRoom: Bool { channelProtocol.waitingByteCount < configuration.maximumWaitingBytes }

    /// Gives room to the failures that wait for it, then wakes one of those who do; it wakes the next when it has written.
    func offerRoom() {
        guard !isOfferingRoom else { return }  // writing a failure comes back here
        isOfferingRoom = true
        while hasRoom, let (request, text) = lateFailures.popFirst() { write(request, failure: text) }
        isOfferingRoom = false
        if hasRoom, let waiter = roomWaiters.popFirst() { waiter.resume() }
    }
}

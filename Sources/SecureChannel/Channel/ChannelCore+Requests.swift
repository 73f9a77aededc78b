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

    /// Answers a request. Its slot is free from then on.
    ///
    /// - Throws: ``ChannelError`` when the channel is closed or the reply is too large; the peer then gets a failure.
    func answer(_ request: IncomingRequest, _ kind: MessageHead.Kind, content: ByteBuffer) throws(ChannelError) {
        if case .closing(let error) = state { throw error }
        if case .closed(let error) = state { throw error }
        defer { answered(request) }
        do {
            try channelProtocol.write(MessageHead(kind: kind, id: request.id), content: content)
        } catch {
            guard kind == .result else { throw error }
            try? channelProtocol.write(MessageHead(kind: .exception, id: request.id), content: encoded(error.message))
            throw error
        }
    }

    /// Encodes a result and answers with it; with a failure when that cannot be encoded or is too large.
    func answer(
        _ request: IncomingRequest,
        encode: (inout MessageWriter) throws(ChannelError) -> Void
    ) throws(ChannelError) {
        if case .closing(let error) = state { throw error }
        if case .closed(let error) = state { throw error }
        do {
            let head = MessageHead(kind: .result, id: request.id)
            _ = try channelProtocol.write(head, isAdmitted: { _ in true }, encode: encode)
        } catch {
            fail(request, error.message)
            throw error
        }
        answered(request)
    }

    /// A request has its answer: its slot is free.
    private func answered(_ request: IncomingRequest) {
        inbox.answered(size: request.size)
        if !inbox.isOverLimit { channelProtocol.resume() }
        offerRoom()
        closeIfDrained()
    }

    /// Answers with a failure whose text is `text`.
    func fail(_ request: IncomingRequest, _ text: String) {
        try? answer(request, .exception, content: encoded(text))
    }

    func refuse(_ request: IncomingRequest) {
        fail(request, "The channel is being closed and takes no new requests.")
    }

    // MARK: Room

    /// Whether a reply may be written now, or should wait for the socket to take what waits before it.
    var hasRoom: Bool { channelProtocol.waitingByteCount < configuration.maximumWaitingBytes }

    /// Wakes one of those who wait for room; it wakes the next when it has written.
    func offerRoom() {
        if hasRoom, let waiter = roomWaiters.popFirst() { waiter.resume() }
    }

    private func encoded(_ text: String) -> ByteBuffer {
        var writer = MessageWriter.withHeadroom(capacity: text.utf8.count + 16)
        try? codec.encode(text, into: &writer)
        codec.encodeTail(into: &writer)
        return writer.buffer
    }
}

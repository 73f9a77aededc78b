internal import NIOCore
internal import NIOTLS

/// The client's end of a connection: the calls that wait for their replies.
final class CallHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let replies = NIOSingleStepByteToMessageProcessor(MessageDecoder())
    private var requests = FrameCollector()
    private var pending: [UInt32: CheckedContinuation<ByteBuffer, any Error>] = [:]
    private var nextID: UInt32 = 0
    private var isFlushScheduled = false
    private var state: State

    private enum State {
        case connecting(whenConnected: EventLoopPromise<Void>)
        case connected(ChannelHandlerContext)
        case closed(any Error)
    }

    /// The promise is fulfilled after the TLS handshake.
    init(whenConnected: EventLoopPromise<Void>) { state = .connecting(whenConnected: whenConnected) }

    /// Sends a request, and resumes the caller with its reply.
    func call(_ content: ByteBuffer, _ caller: CheckedContinuation<ByteBuffer, any Error>) {
        switch state {
        case .connected(let context):
            while pending[nextID] != nil { nextID &+= 1 }  // of 32 bits: a very old call may still wait
            pending[nextID] = caller
            requests.appendRequest(id: nextID, content: content, to: context)
            nextID &+= 1
            scheduleFlush(context)
        case .connecting: caller.resume(throwing: ChannelError.ioOnClosedChannel)
        case .closed(let error): caller.resume(throwing: error)
        }
    }

    // All callers that one read resumed make their next requests before it is this job's turn.
    private func scheduleFlush(_ context: ChannelHandlerContext) {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            if case .connected(let context) = self.state { self.requests.flush(context) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try replies.process(buffer: unwrapInboundIn(data)) { try take($0) }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    private func take(_ reply: Message) throws {
        guard let id = UInt32(exactly: reply.id), let caller = pending.removeValue(forKey: id) else {
            throw InvalidMessage(description: "the server replied to request \(reply.id), which does not wait")
        }
        switch (reply.kind, reply.binary) {
        case (.result, let content?): caller.resume(returning: content)
        case (.result, nil): caller.resume(throwing: InvalidMessage(description: "a result is not binary"))
        case (.failure, _):
            caller.resume(throwing: InvalidMessage(description: "the server failed: \(reply.excerpt)"))
        case (.request, _):
            caller.resume(throwing: InvalidMessage(description: "the server asked, which it must not"))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event, case .connecting(let whenConnected) = state {
            state = .connected(context)
            whenConnected.succeed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(ChannelError.eof)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(ChannelError.alreadyClosed) }

    private func end(_ error: any Error) {
        switch state {
        case .connecting(let whenConnected): whenConnected.fail(error)
        case .connected: break
        case .closed: return
        }
        state = .closed(error)
        for caller in pending.values { caller.resume(throwing: error) }
        pending = [:]
    }
}

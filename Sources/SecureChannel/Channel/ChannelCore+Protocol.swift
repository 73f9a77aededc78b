internal import NIOCore
internal import OpenSSLTransport

// What the protocol says.
extension ChannelCore: ChannelProtocolDelegate {
    func transportBecameReady(_ tls: TLSConnectionInformation?) {
        becomeReady(.success(tls))
    }

    func received(_ head: MessageHead, payload: ByteBuffer, content: Range<Int>) {
        switch head.kind {
        case .request:
            receive(IncomingRequest(id: head.id, payload: payload, content: content))
        case .result, .exception:
            receive(Reply(kind: head.kind, payload: payload, content: content), to: head.id)
        }
    }

    func readEnded() {
        inbox.endTurn()
        inbox.compact()
    }

    func inputEnded() {
        let error = closedByPeer
        becomeReady(.failure(error))
        endRefusal()
        switch state {
        case .closing, .closed: return
        case .open, .draining: begin(.draining(inputEnded: true))
        }
        failCalls(error)
        if inbox.queuedCount == 0 { endReceivers(error) }
        closeIfDrained()
    }

    func outboxShrank() {
        offerRoom()
    }

    func transportEnded(_ error: ChannelError?) {
        let reason: ChannelError
        switch state {
        case .closed: return
        case .closing(let earlier): reason = earlier
        case .open, .draining: reason = error.map(withCodec) ?? closedByPeer
        }
        // Of one that was refused that is in the log already.
        if reason.code == .invalidMessage, refusal == nil { breachLog?.note(reason) }
        state = .closed(reason)
        becomeReady(.failure(reason))
        wakeEverybody(reason, isGone: true)
        for waiter in closeWaiters { waiter.resume() }
        closeWaiters = []
    }
}

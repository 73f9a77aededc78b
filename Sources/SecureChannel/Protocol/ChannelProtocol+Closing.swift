internal import NIOCore

// How a connection ends: what was written is sent, the peer is told, and its own end is waited for, all in bounded time.
extension ChannelProtocol {
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
    func finishOutput() {
        guard let context, state == .closing else { return }
        state = .lingering
        if hasInputEnded { return context.close(promise: nil) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            if case .success = result {
                self.closeSoon(Self.lingerTimeout)
            } else {
                self.context?.close(promise: nil)
            }
        }
        context.close(mode: .output, promise: promise)
    }

    private func closeSoon(_ delay: TimeAmount) {
        closeTask?.cancel()
        closeTask = context?.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.context?.close(promise: nil)
        }
    }

    /// Closes at once, because of `error`.
    func fail(_ error: ChannelError) {
        guard state != .closed else { return }
        let context = context
        end(error)
        context?.close(promise: nil)
    }

    func end(_ error: ChannelError?) {
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

    private static var closeTimeout: TimeAmount { .seconds(5) }
    private static var lingerTimeout: TimeAmount { .seconds(1) }
}

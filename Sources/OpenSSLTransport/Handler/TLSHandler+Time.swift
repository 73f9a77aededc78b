internal import NIOCore

// What happens when nothing happens. Timers hold the handler weakly: a closed one is not kept for them.

extension TLSHandler {
    func startTimer(_ duration: Duration, _ context: ChannelHandlerContext) {
        self.stopTimer()
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration)) { [weak self] in
            self?.timeOut()
        }
    }

    func stopTimer() {
        self.timer?.cancel()
        self.timer = nil
    }

    private func timeOut() {
        guard let context = self.context else { return }
        self.timer = nil
        switch self.machine.timeOut() {
        case .ignore: break
        case .closeTransport: self.closeTransport(context)
        case .failHandshake(let progress):
            self.fail(
                .handshakeTimedOut(
                    progress,
                    undecidedCount: self.ciphertext.readableBytes,
                    self.tls.handshakeTimeout,
                    self.peer(context)
                ),
                context
            )
        }
    }
}

// MARK: Idleness

extension TLSHandler {
    /// Bytes have moved. One look every few seconds costs less than a timer that each of them pushes back.
    func noteActivity(_ context: ChannelHandlerContext) {
        self.wasActive = true
        if self.idleTimer == nil, self.session != nil { self.startIdleTimer(context) }
    }

    func stopIdleTimer() {
        self.idleTimer?.cancel()
        self.idleTimer = nil
    }

    private func startIdleTimer(_ context: ChannelHandlerContext) {
        self.wasActive = false
        let idleTime = TimeAmount(self.limits.idleTime)
        self.idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: idleTime) { [weak self] in
            guard let self, let context = self.context else { return }
            self.idleTimer = nil
            if self.wasActive {
                self.startIdleTimer(context)
            } else {
                self.session?.freeIdleBuffers()
            }
        }
    }
}

internal import NIOCore

// What happens when nothing happens. Timers hold the connection until they are cancelled, which is when the transport ends: a
// weak reference would make each retain and release of it slow, for it moves the counts out of the object.

extension TLSConnection {
    func startTimer(_ duration: Duration, _ line: any TLSLine) {
        self.stopTimer()
        self.timer = line.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration.bounded)) {
            self.timeOut()
        }
    }

    func stopTimer() {
        self.timer?.cancel()
        self.timer = nil
    }

    private func timeOut() {
        guard let line = self.line else { return }
        self.timer = nil
        switch self.machine.timeOut() {
        case .ignore: break
        case .closeTransport: self.closeTransport(line)
        case .failHandshake(let progress):
            // The peer is through its handshake: it should not take the end for a broken line.
            if progress == .approving { _ = self.session?.shutDown() }
            self.fail(
                .handshakeTimedOut(
                    progress,
                    undecidedCount: self.ciphertext.readableBytes,
                    self.tls.handshakeTimeout,
                    self.peer(line)
                ),
                line
            )
        }
    }
}

// MARK: Idleness

extension TLSConnection {
    /// Bytes have moved. One look every few seconds costs less than a timer that each of them pushes back.
    func noteActivity(_ line: any TLSLine) {
        self.activityCount &+= 1
        guard let session = self.session else { return }
        if self.activityCount == TLSConnectionLimits.busyCount { session.keepsBuffers = true }
        if self.idleTimer == nil { self.startIdleTimer(line) }
    }

    func stopIdleTimer() {
        self.idleTimer?.cancel()
        self.idleTimer = nil
    }

    /// Record buffers are kept only while a connection is busy. Were they kept from the beginning, a thousand clients that
    /// connect, say one thing and wait would leave the process with a heap that has grown by theirs.
    private func startIdleTimer(_ line: any TLSLine) {
        self.activityCount = 0
        let idleTime = TimeAmount(self.limits.idleTime)
        self.idleTimer = line.eventLoop.assumeIsolated().scheduleTask(in: idleTime) {
            self.idleTimer = nil
            guard let line = self.line else { return }
            if self.activityCount > 0 {
                self.startIdleTimer(line)
            } else {
                self.session?.keepsBuffers = false
                self.session?.freeIdleBuffers()
            }
        }
    }
}

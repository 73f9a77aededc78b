internal import NIOCore

// How a connection ends: what was written is sent, the peer is told, and its own end is waited for, all in bounded time.
extension ChannelProtocol {
    /// Sends what was written, then closes in an orderly way.
    ///
    /// - Parameter isPatient: goes on as long as the socket takes something within each write timeout. Otherwise, and once
    ///   this is called again so, all of it takes 6 s at most.
    func close(isPatient: Bool) {
        switch state {
        case .closed, .lingering:
            return
        case .closing, .flushing:
            if !isPatient { closeSoon(Self.closeTimeout) }
        case .active, .paused:
            guard transport != nil else { return end(nil) }
            if state == .paused { transport?.setReading(true) }
            state = .closing
            held = nil
            if !isPatient { closeSoon(Self.closeTimeout) }
            flush()
        }
    }

    /// Everything is handed to the transport. Once the socket has taken it the peer is told that no more will come, and
    /// gets a moment to say the same, so that a reset does not overtake what is on its way.
    func finishOutput() {
        guard let transport, state == .closing else { return }
        state = .flushing
        transport.whenSent { isSent in
            guard self.state == .flushing, let transport = self.transport else { return }
            // Closing one half of what is half closed already would close it whole, so it makes no difference then.
            guard isSent, !self.hasInputEnded else { return transport.close() }
            self.state = .lingering
            self.closeSoon(Self.lingerTimeout)
            transport.endOutput()
        }
    }

    private func closeSoon(_ delay: TimeAmount) {
        closeTask?.cancel()
        closeTask = transport?.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.transport?.close()
        }
    }

    /// Closes at once, because of `error`.
    func fail(_ error: ChannelError) {
        guard state != .closed else { return }
        let transport = transport
        end(error)
        transport?.close()
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

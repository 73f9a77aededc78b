internal import NIOCore

// That the peer takes what is written.
extension ChannelProtocol {
    /// Has somebody look before long whether the socket takes what was written. To ask at once would cost as much as the
    /// write itself, and would nearly always find nothing.
    func watchLater(_ transport: any Transport) {
        guard watchTask == nil, state != .closed else { return }
        watch(at: .now() + watch.interval, transport)
    }

    /// The transport has written something by itself.
    func watchOutput() {
        if let transport { watchLater(transport) }
    }

    private func watch(at deadline: NIODeadline, _ transport: any Transport) {
        watchTask = transport.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.watchTask = nil
            self.watchWrites()
        }
    }

    private func watchWrites() {
        guard let transport, state != .closed else { return }
        let below = transport.waitingByteCount
        switch watch.look(below: below, waiting: below + outbox.byteCount, at: .now()) {
        case .idle:
            return
        case .look(let deadline):
            watch(at: deadline, transport)
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
}

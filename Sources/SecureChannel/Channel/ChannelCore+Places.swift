internal import Logging
internal import NIOCore

// The places that there are for calls without a reply, when all of them are held by calls that were given up.
extension ChannelCore {
    /// A reply has come: the peer goes on answering.
    func placesFreed() {
        guard placesTask != nil else { return }
        placesTask?.cancel()
        placesTask = nil
        watchPlaces()
    }

    /// Sees to it that the channel does not stay open for ever when calls that were given up hold all places. What they
    /// asked for may still be at work, so their places are not given to others.
    func watchPlaces() {
        let size = waitingCalls.first.map { $0.content.readableBytes + Self.maximumHeadLength } ?? 1
        guard let timeout = configuration.abandonedCallTimeout, calls.isHeldByAbandoned(size), !isClosing else {
            placesTask?.cancel()
            placesTask = nil
            return
        }
        guard placesTask == nil else { return }
        placesTask = loop.assumeIsolated().scheduleTask(in: .bounded(timeout)) {
            self.placesTask = nil
            let error = self.abandoned(for: timeout)
            self.configuration.logger.warning(
                "A channel is closed, for its peer does not answer.",
                metadata: ["peer": "\(self.peer)", "error": "\(error)"]
            )
            self.endWasLogged = true
            self.close(error)
        }
    }

    private func abandoned(for timeout: Duration) -> ChannelError {
        ChannelError(
            .connectionClosed,
            "The channel to \(peer) was closed: all its places were held by \(calls.count) calls that were given up, and no "
                + "reply came for \(timeout).",
            address: peer,
            phase: .closing,
            hint: "Open a new one to go on, and find the handler that does not end."
        )
    }

    /// A call that never got a place.
    var timedOutWaiting: ChannelError {
        let givenUp = calls.count - calls.waitingCount
        return ChannelError(
            .replyTimedOut,
            "A request to \(peer) did not get its turn within the timeout: \(calls.count) calls without a reply had all "
                + "places, \(givenUp) of them given up.",
            address: peer,
            hint: "Does the peer answer? Calls keep their places until it does. "
                + "Raise maximumOutboundCalls or maximumOutboundBytes, on both ends, if it needs more at once.",
            wasNotBegun: true
        )
    }
}

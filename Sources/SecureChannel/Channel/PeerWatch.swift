internal import Logging
internal import NIOCore
internal import OpenSSLTransport

/// Sees to it that the peer of an open channel is one that would still be let in: after reloads, and when its certificates
/// expire. Lives on the channel's event loop; there is none unless the configuration asks for one.
final class PeerWatch {
    private let tls: TLSConnection
    // Holds this in turn, until the channel ends.
    private let core: ChannelCore
    private var observation: TLSReloadObservation?
    private var drainTask: Scheduled<Void>?
    private var expiryTask: Scheduled<Void>?
    private var isOver = false

    init(_ tls: TLSConnection, _ core: ChannelCore) {
        self.tls = tls
        self.core = core
    }

    /// Has reloads of a client's configuration lead here. A server visits its channels.
    func observe(_ tls: TLSConfiguration) {
        guard core.configuration.afterReload != .keep else { return }
        let watch = NIOLoopBound(self, eventLoop: core.loop)
        let loop = core.loop
        observation = tls.observeReloads { _ in loop.execute { watch.value.reloaded() } }
    }

    /// To be called once reloads find the channel: what came before, in the middle of the handshake, is made up for here.
    func begin() {
        lookAtExpiry()
        reloaded()
    }

    /// The configuration may have been reloaded.
    func reloaded() {
        guard !isOver, tls.isOutdated else { return }
        switch core.configuration.afterReload {
        case .keep: break
        case .drain(let delay): drain(after: delay)
        case .closeUntrusted: verifyAgain()
        }
    }

    /// The channel is over, or about to be.
    func end() {
        isOver = true
        observation?.cancel()
        observation = nil
        drainTask?.cancel()
        drainTask = nil
        expiryTask?.cancel()
        expiryTask = nil
    }

    private func drain(after delay: Duration) {
        guard drainTask == nil else { return }  // the first reload since the handshake counts
        drainTask = core.loop.assumeIsolated().scheduleTask(in: Self.spread(delay)) {
            self.core.configuration.logger.info(
                "A channel is drained, for it is older than the certificates.",
                metadata: ["peer": "\(self.core.peer)"]
            )
            self.core.drain(failQueued: false)
        }
    }

    /// Up to a tenth longer, evenly at random, so that not everybody comes back at once.
    static func spread(_ delay: Duration) -> TimeAmount {
        let delay = TimeAmount.bounded(delay)
        return delay + .nanoseconds(.random(in: 0...delay.nanoseconds / 10))
    }

    private func verifyAgain() {
        do throws(TLSError) {
            try tls.verifyPeerAgain()
        } catch {
            close(error)
        }
    }

    // MARK: Expiry

    private func lookAtExpiry() {
        guard core.configuration.closesWhenPeerCertificateExpires, !isOver else { return }
        switch tls.peerExpiry() {
        case .never: break
        case .expired(let error): close(error)
        case .later(let rest):
            expiryTask = core.loop.assumeIsolated().scheduleTask(in: Self.pause(before: rest)) { self.lookAtExpiry() }
        }
    }

    /// Until the next look. The event loop counts time that passes; the date is the wall clock's, which is set, and goes on
    /// while a machine sleeps.
    static func pause(before end: Duration) -> TimeAmount {
        .bounded(max(.milliseconds(1), min(end, .seconds(3600))))
    }

    /// At once: whoever may not be here any more gets nothing that waits, and is not listened to.
    private func close(_ error: TLSError) {
        core.configuration.logger.info(
            "A channel is closed, for its peer's certificate does not count any more.",
            metadata: ["peer": "\(core.peer)", "error": "\(error)"]
        )
        core.endWasLogged = true
        core.channelProtocol.fail(.tls(error, address: core.peer, phase: .established))
    }
}

extension ChannelCore {
    /// Watches the peer, if the configuration asks for that and there is TLS.
    func watchPeer() {
        guard configuration.afterReload != .keep || configuration.closesWhenPeerCertificateExpires, !isClosing, let tls
        else { return }
        peerWatch = PeerWatch(tls, self)
    }
}

internal import Synchronization

// What an open connection can do about a reload. All of it is for the channel's event loop.

extension TLSHandler {
    /// Whether a reload has replaced what the connection was made with, or was last verified by.
    public var isOutdated: Bool {
        guard let current = self.configuration?.currentContext(for: self.tls.role) else { return false }
        return current.version.withLock { $0.material } !== self.tls.version.withLock { $0.material }
    }

    /// Verifies the certificates that the peer has shown once more, by what the configuration trusts now: chain, dates,
    /// purpose, pins, revocation lists and the program's `verifyPeer`, as a new handshake would; not the host's name, which is
    /// the same, nor what was stapled then, and `approvePeer` is not asked again.
    ///
    /// Does nothing for a connection that is not outdated, not open yet or over, if trust is still the same, for a peer
    /// without a certificate, and where nothing is verified. A session that was resumed has the peer's own certificate
    /// alone: if it does not verify without intermediate ones, that is a failure. Takes some tenths of a millisecond.
    ///
    /// - Throws: what a handshake would have failed with. The connection stays open: close it.
    public func verifyPeerAgain() throws(TLSError) {
        // Before that the session may be at work on another thread.
        guard !self.machine.isHandshaking, let session = self.session,
            let current = self.configuration?.currentContext(for: self.tls.role), current !== self.tls
        else { return }
        if current.version.withLock({ $0.trust }) !== self.tls.version.withLock({ $0.trust }) {
            try current.verifyAgain(session.ssl, peerAddress: self.context.flatMap { self.peer($0).address })
        }
        self.tls = current  // what vouches for the connection from now on
    }
}

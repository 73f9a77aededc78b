internal import Synchronization

// What an open connection can do about a reload. All of it is for the channel's event loop.

extension TLSConnection {
    /// Whether a reload has replaced what the connection was made with, or was last verified by.
    package var isOutdated: Bool {
        guard let current = self.configuration?.currentContext(for: self.tls.role) else { return false }
        return current.version.withLock { $0.material } !== self.tls.version.withLock { $0.material }
    }

    /// See ``TLSHandler/verifyPeerAgain()``.
    package func verifyPeerAgain() throws(TLSError) {
        // Before that the session may be at work on another thread.
        guard !self.machine.isHandshaking, let session = self.session,
            let current = self.configuration?.currentContext(for: self.tls.role), current !== self.tls
        else { return }
        if current.version.withLock({ $0.trust }) !== self.tls.version.withLock({ $0.trust }) {
            try current.verifyAgain(session.ssl, peerAddress: self.line.flatMap { self.peer($0).address })
        }
        self.tls = current  // what vouches for the connection from now on
    }
}

// What an open connection can be asked about its peer. All of it is for the channel's event loop.

extension TLSHandler {
    /// What the handshake has shown so far.
    ///
    /// - Returns: nil before the handshake is over, and after the connection has failed or was closed.
    public func peerDetails() -> TLSPeerDetails? { self.connection.peerDetails() }

    /// Whether a reload has replaced what the connection was made with, or was last verified by.
    public var isOutdated: Bool { self.connection.isOutdated }

    /// Verifies the certificates that the peer has shown once more, by what the configuration trusts now: chain, dates,
    /// purpose, pins, revocation lists and the program's `verifyPeer`, as a new handshake would; not the host's name, which is
    /// the same, nor what was stapled then, and `approvePeer` is not asked again.
    ///
    /// Does nothing for a connection that is not outdated, not open yet or over, if trust is still the same, for a peer
    /// without a certificate, and where nothing is verified. A session that was resumed has the peer's own certificate
    /// alone: if it does not verify without intermediate ones, that is a failure. Takes some tenths of a millisecond.
    ///
    /// - Throws: what a handshake would have failed with. The connection stays open: close it.
    public func verifyPeerAgain() throws(TLSError) { try self.connection.verifyPeerAgain() }

    /// Whether the peer's certificate, or one of those that vouch for it, has expired by the clock of this host.
    ///
    /// After a resumption the chain of the full handshake counts.
    public func peerExpiry() -> TLSPeerExpiry { self.connection.peerExpiry() }
}

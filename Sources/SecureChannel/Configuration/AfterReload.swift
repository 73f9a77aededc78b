extension ChannelConfiguration {
    /// What an open channel does when the `TLSConfiguration` that it was made with has been reloaded, and that has changed
    /// something. Handshakes use the new certificates in any case.
    @nonexhaustive
    public enum AfterReload: Sendable, Hashable {
        /// It goes on: it was verified by what counted when it was opened.
        case keep
        /// It is drained after this time, as `channel.drain()` does it: open requests are answered, the peer has to connect
        /// anew. Channels are spread at random over a tenth of the time more, so that not all come back at once.
        case drain(after: Duration)
        /// If other certificates are trusted or revoked, the peer's are verified once more; if they do not pass, the channel
        /// is closed at once with the `TLSError` that a handshake would have had. Names are not looked at again.
        ///
        /// Peers without a certificate are kept. After a resumption only the peer's own certificate is known: if it does not
        /// verify without intermediate ones, the channel is closed.
        case closeUntrusted
    }
}

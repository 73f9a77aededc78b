extension TLSConfiguration {
    /// Whether somebody who comes back may be known by a session ticket instead of by certificates (RFC 8446, section 2.2).
    ///
    /// A resumed handshake costs about half of a full one. It does not look at certificates again: a ticket is therefore
    /// only good for the same configuration, the same host, port and name, and no longer than its lifetime and the
    /// certificates of the handshake that it comes from. Tickets are of TLS 1.3, used once, and their keys never leave the
    /// memory of the process. Nothing is ever sent before the handshake is over (no 0-RTT).
    public struct Resumption: Sendable, Hashable {
        /// How long a full handshake counts; nil for not at all.
        let lifetime: Duration?
        let maximumSessions: Int

        /// Every handshake is a full one.
        public static let off = Resumption(lifetime: nil, maximumSessions: 0)

        /// - Parameters:
        ///   - lifetime: How long after a full handshake it may be resumed, 1 hour by default; from 1 second to 12 hours.
        ///     A server drops the keys of its tickets at the latest two lifetimes after it has made them.
        ///   - maximumSessions: How many sessions a client remembers in all, 256 by default; from 1 to 65,536. The one
        ///     that was unused for the longest time is forgotten first.
        public static func tickets(lifetime: Duration = .seconds(3600), maximumSessions: Int = 256) -> Resumption {
            Resumption(lifetime: lifetime, maximumSessions: maximumSessions)
        }
    }
}

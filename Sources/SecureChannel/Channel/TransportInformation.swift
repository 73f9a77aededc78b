public import OpenSSLTransport

/// What lies under a channel: aiomas's `get_extra_info`, typed.
public struct TransportInformation: Sendable {
    /// How bytes travel. Complete: these are the transports there are.
    public enum Kind: String, Sendable {
        /// Unencrypted TCP.
        case tcp
        /// A Unix domain socket.
        case unix
        /// TLS over TCP.
        case tls
    }

    /// Over what the channel runs.
    public var kind: Kind
    /// The other end; nil if the connection was gone before the system could be asked.
    public var peerAddress: Endpoint?
    /// This end.
    public var localAddress: Endpoint?
    /// What the TLS handshake agreed on: version, cipher, ALPN, the peer's certificate and verified name. Nil without TLS.
    public var tls: TLSConnectionInformation?
}

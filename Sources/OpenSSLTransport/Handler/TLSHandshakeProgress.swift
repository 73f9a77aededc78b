/// How far a handshake has come, for the error that says that it came no further.
public enum TLSHandshakeProgress: String, Sendable, Hashable {
    /// Nothing that makes a TLS message has come from the peer.
    case nothingReceived
    /// The peer's first flight has begun.
    case begun
    /// A server has answered the hello, and waits for the client's last flight.
    case answered
    /// A step of ours was not done: a private key that lies in a store (a token, say) did not answer.
    case computing
    /// OpenSSL was content with the peer, and ``TLSConfiguration``'s `approvePeer` had not decided.
    case approving
}

public import OpenSSLTransport

/// Whose request a handler answers; see `serve` of ``Channel``.
public struct RequestContext: Sendable, Identifiable {
    /// The id that the other side gave the request, counted from 0 for each channel and direction.
    public let id: UInt64
    /// The channel that it came on.
    public let channel: Channel

    /// The address of whoever asks; nil if the connection was gone before the system could be asked.
    public var peerAddress: Endpoint? { channel.peerAddress }
    /// What the TLS handshake with whoever asks agreed on, their certificates among it; nil without TLS.
    public var tls: TLSConnectionInformation? { channel.tls }
}

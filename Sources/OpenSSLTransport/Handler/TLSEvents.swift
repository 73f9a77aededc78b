/// What a ``TLSHandler`` tells the handlers above it, as inbound user events.
@nonexhaustive
public enum TLSUserEvent: Sendable {
    /// The handshake is over; fired once, before the first plaintext.
    ///
    /// In TLS 1.3 a client comes here before the server has looked at its certificate: a refusal arrives later, as
    /// an error on the first read.
    case handshakeCompleted(TLSConnectionInformation)
}

/// Tells a ``TLSHandler``, as an outbound user event, that the next `count` bytes of plaintext belong together.
///
/// They are then decrypted straight into one buffer, which is fired as one read when it is full, or when the connection
/// ends before that. The bytes that were fired already do not count. The buffer starts at `count` bytes or 1 MiB,
/// whichever is less, and doubles as bytes arrive; whoever triggers the event has checked that `count` is acceptable.
/// A later event replaces an earlier one; a count of zero or less ends the expectation.
public struct TLSExpectedBytes: Sendable, Hashable {
    /// How many bytes, counted from the first that was not handed on yet.
    public var count: Int

    /// - Parameter count: how many bytes belong together.
    public init(count: Int) { self.count = count }
}

/// What stands before a message's content on the wire: its type and its id.
///
/// A payload is the triple `[type, id, content]` in the channel's codec.
public struct MessageHead: Sendable, Hashable {
    /// What a message is. Complete by the wire format: anything else is a violation that closes the channel.
    public enum Kind: UInt8, Sendable {
        /// Asks the other side for a reply.
        case request = 0
        /// A reply: what the other side was asked for.
        case result = 1
        /// A reply: the request failed; its content is a text that says why.
        case exception = 2
    }

    /// Whether it is a request, or which kind of reply.
    public var kind: Kind
    /// Counted from 0 by each side for its own requests; a reply carries its request's id back unchanged.
    public var id: UInt64

    /// A head; the channel counts the ids.
    public init(kind: Kind, id: UInt64) {
        self.kind = kind
        self.id = id
    }
}

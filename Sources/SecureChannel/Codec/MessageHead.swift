/// What stands before a message's content on the wire: its type and its id.
///
/// A payload is the triple `[type, id, content]` in the channel's codec.
public struct MessageHead: Sendable, Hashable {
    /// What a message is. Complete by the wire format: anything else is a violation that closes the channel.
    public enum Kind: UInt8, Sendable {
        case request = 0
        case result = 1
        case exception = 2
    }

    public var kind: Kind
    /// Counted from 0 by each side for its own requests; a reply carries its request's id back unchanged.
    public var id: UInt64

    public init(kind: Kind, id: UInt64) {
        self.kind = kind
        self.id = id
    }
}

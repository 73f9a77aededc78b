/// What a peer is told of a request that no application code has seen, and that it may therefore send elsewhere.
///
/// Nothing on the wire but the text tells such a failure from a handler's. So the sentences are fixed, and no failure of a
/// handler is sent in their words: one that was passed on from a channel of its own is not the handler's.
enum RefusalText: String, CaseIterable {
    case draining = "The channel is being closed and takes no new requests."
    case notAccepted = "The server does not accept this connection, and has begun nothing."

    /// Whether the other side has said with this that it has not begun a request.
    static func contains(_ text: String) -> Bool { RefusalText(rawValue: text) != nil }

    /// The text of a handler's failure.
    static func distinct(_ text: String) -> String { contains(text) ? "The handler's call failed: " + text : text }
}

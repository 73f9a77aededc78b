/// The other side received the request and failed while it worked on it.
///
/// aiomas sends a whole traceback; its last line says what happened. Long text is cut in the middle, never at its end.
public struct RemoteError: Error, Sendable, Hashable {
    /// The address of the side that failed.
    public let origin: String
    /// What that side said, escaped, at most ``maximumMessageLength`` characters.
    public let message: String
    /// Whether that side said that it has not begun the request, so that to send it again does not do its work twice: a
    /// channel that is being drained, a server that does not accept the connection. False where that is not known.
    public let wasNotBegun: Bool

    /// How much of the other side's text is kept: 8,192 characters.
    public static let maximumMessageLength = 8192

    /// - Parameters:
    ///   - origin: the address of the side that failed.
    ///   - message: what it said; control characters but line breaks and tabs are escaped, and the middle is cut out of
    ///     what is longer than ``maximumMessageLength``.
    ///   - wasNotBegun: whether the request was surely not begun.
    public init(origin: String, message: String, wasNotBegun: Bool = false) {
        self.origin = origin
        self.wasNotBegun = wasNotBegun
        self.message = PeerText.clean(message, limit: Self.maximumMessageLength, keepingLines: true)
    }

    /// As a reply says.
    init(from origin: String, saying message: String) {
        self.init(origin: origin, message: message, wasNotBegun: RefusalText.contains(message))
    }
}

extension RemoteError: CustomStringConvertible {
    /// Who failed the request, and what it said.
    public var description: String { "\(origin) failed the request: \(message)" }
}

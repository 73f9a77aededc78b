/// The other side received the request and failed while it worked on it.
///
/// aiomas sends a whole traceback; its last line says what happened. Long text is cut in the middle, never at its end.
public struct RemoteError: Error, Sendable {
    /// The address of the side that failed.
    public let origin: String
    /// What that side said, escaped, at most ``maximumMessageLength`` characters; content that is no text as it is printed.
    public let message: String
    /// Whether that side said that it has not begun the request, so that to send it again does not do its work twice: a
    /// channel that is being drained, a server that does not accept the connection. False where that is not known.
    public let wasNotBegun: Bool
    /// Nil for an error that did not come over a channel.
    private let content: (any FailureContent)?

    /// How much of the other side's text is kept: 8,192 characters.
    public static let maximumMessageLength = 8192

    /// - Parameters:
    ///   - origin: the address of the side that failed.
    ///   - message: what it said; control characters but line breaks and tabs are escaped, and the middle is cut out of
    ///     what is longer than ``maximumMessageLength``.
    ///   - wasNotBegun: whether the request was surely not begun.
    public init(origin: String, message: String, wasNotBegun: Bool = false) {
        self.init(origin: origin, message: message, wasNotBegun: wasNotBegun, content: nil)
    }

    init(origin: String, message: String, wasNotBegun: Bool, content: (any FailureContent)?) {
        self.origin = origin
        self.wasNotBegun = wasNotBegun
        self.message = PeerText.clean(message, limit: Self.maximumMessageLength, keepingLines: true)
        self.content = content
    }

    /// Reads what the other side said as `type`: by default that is a text, and whatever it gave to
    /// ``Request/fail(content:)`` otherwise.
    ///
    /// Unlike ``message`` it is neither escaped nor cut. An error that was made with a message has that for its content.
    ///
    /// - Throws: ``ChannelError`` with the code `decodingFailed`.
    public func content<Content: Decodable>(as type: Content.Type = Content.self) throws(ChannelError) -> Content {
        do {
            if let content { return try content.decode(as: type) }
            return try Value.string(message).decoded(as: type)
        } catch {
            throw ChannelError(
                .decodingFailed,
                "The failure's content is not a \(type): \(CodingFailureText.of(error))",
                address: origin,
                hint: "Do both ends mean the same type?",
                cause: error
            )
        }
    }
}

/// Errors with the same words of the same side are equal.
extension RemoteError: Hashable {
    public static func == (left: RemoteError, right: RemoteError) -> Bool {
        left.origin == right.origin && left.message == right.message
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(origin)
        hasher.combine(message)
    }
}

/// What the other side said, as it came.
protocol FailureContent: AnyObject, Sendable {
    func decode<Content: Decodable>(as type: Content.Type) throws -> Content
}

extension RemoteError: CustomStringConvertible {
    /// Who failed the request, and what it said.
    public var description: String { "\(origin) failed the request: \(message)" }
}

/// What went wrong on this side of a channel or on the line.
///
/// When the other side ran the request and failed, `send` throws ``RemoteError`` instead. Printing a `ChannelError` gives
/// what happened, with which address, in which phase, and what to do about it; text from the peer is escaped and cut.
public struct ChannelError: Error, Sendable {
    /// What happened, for code to decide by. Grows: switch over it with an `@unknown default`.
    @nonexhaustive
    public enum Code: String, Sendable, Hashable {
        // Before there is a channel.
        /// The address or the configuration cannot work; nothing was bound or dialled.
        case invalidConfiguration
        /// No connection: refused, unreachable, unknown name, no such socket file.
        case connectFailed
        /// The connection was not ready, handshake included, within the connect timeout.
        case connectTimedOut
        /// The server's address is taken.
        case addressInUse
        /// The server could not listen.
        case listenFailed
        /// TLS failed, before or after the handshake; `cause` is a `TLSError`.
        case tlsFailed

        // The line.
        /// The channel is closed: by this side, by the peer in an orderly way, or by a server's shutdown.
        case connectionClosed
        /// The connection broke: reset by the peer, or ended in the middle of a message.
        case connectionReset
        /// The socket took nothing for the write timeout while bytes waited.
        case writeTimedOut
        /// The peer broke the wire format; the channel is closed.
        case invalidMessage

        // One call.
        /// The message is larger than the maximum message size.
        case messageTooLarge
        /// Content could not be written in the channel's codec.
        case encodingFailed
        /// Content could not be read as the type asked for.
        case decodingFailed
        /// No reply within the timeout. Whether the other side did the work is unknown, unless ``ChannelError/wasNotBegun``
        /// says that it did not.
        case replyTimedOut
        /// Another task already receives this channel's requests.
        case alreadyReceiving
        /// The request has its reply already.
        case alreadyReplied
    }

    /// How far the channel had come.
    public enum Phase: String, Sendable {
        /// Before anything was bound or dialled.
        case configuration
        /// Name resolution and the connection itself.
        case connecting
        /// TLS's handshake.
        case handshake
        /// A server that was about to listen.
        case listening
        /// A channel that was open.
        case established
        /// A channel that was being closed.
        case closing
    }

    /// What happened, for code.
    public var code: Code { storage.code }
    /// What happened, in a sentence.
    public var message: String { storage.message }
    /// The address concerned, without secrets; nil where there is none.
    public var address: String? { storage.address }
    /// How far the channel had come.
    public var phase: Phase { storage.phase }
    /// What to do about it, in a sentence; may be empty.
    public var hint: String { storage.hint }
    /// The error underneath, if there is one: a `TLSError`, an `IOError`, a codec's error. The last may show content, as
    /// Swift's own types say what they could not be made of; it is in no other text and never logged.
    public var cause: (any Error)? { storage.cause }
    /// Of an error that `send` throws: whether the request surely never left this side, so that to send it again does not do
    /// its work twice. False where that is not known.
    public var wasNotBegun: Bool { storage.wasNotBegun }

    /// One word, so that functions which may throw it are not made large by that.
    private let storage: Storage

    private final class Storage: Sendable {
        let code: Code
        let message: String
        let address: String?
        let phase: Phase
        let hint: String
        let cause: (any Error)?
        let wasNotBegun: Bool

        init(
            _ code: Code,
            _ message: String,
            _ address: String?,
            _ phase: Phase,
            _ hint: String,
            _ cause: (any Error)?,
            _ wasNotBegun: Bool
        ) {
            self.code = code
            self.message = message
            self.address = address
            self.phase = phase
            self.hint = hint
            self.cause = cause
            self.wasNotBegun = wasNotBegun
        }
    }

    /// An error of one's own, for codecs. Of one that a handler throws the other side learns the code alone.
    public init(
        _ code: Code,
        _ message: String,
        address: String? = nil,
        phase: Phase = .established,
        hint: String = "",
        cause: (any Error)? = nil,
        wasNotBegun: Bool = false
    ) {
        storage = Storage(code, message, address, phase, hint, cause, wasNotBegun)
    }

    /// The same error, of a request that surely was not begun, or of one that may have been.
    func wasNotBegun(_ wasNotBegun: Bool) -> ChannelError {
        guard wasNotBegun != self.wasNotBegun else { return self }
        return ChannelError(
            code,
            message,
            address: address,
            phase: phase,
            hint: hint,
            cause: cause,
            wasNotBegun: wasNotBegun
        )
    }
}

extension ChannelError: CustomStringConvertible {
    /// One paragraph: what happened, with which address, code and phase, whether a request was surely not sent, and what to
    /// do.
    public var description: String {
        var text = message
        if let address, !message.contains(address) { text += " (\(address))" }
        text += " [\(code.rawValue), \(phase.rawValue)]"
        if wasNotBegun { text += " The request was not sent." }
        if !hint.isEmpty { text += " \(hint)" }
        return text
    }
}

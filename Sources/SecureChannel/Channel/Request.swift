internal import NIOCore
public import OpenSSLTransport
internal import Synchronization

/// A request of the other side, to be answered once with ``reply(_:)`` or `fail`.
///
/// A request that is dropped without an answer fails at the other side, so that nobody waits for ever.
public struct Request: Sendable, Identifiable {
    /// The id that the other side gave it, counted from 0 for each channel and direction.
    public var id: UInt64 { state.incoming.id }
    /// The channel that it came on.
    public var channel: Channel { state.channel }
    /// The address of whoever asks; nil if the connection was gone before the system could be asked.
    public var peerAddress: Endpoint? { state.channel.peerAddress }
    /// What the TLS handshake with whoever asks agreed on, their certificates among it; nil without TLS.
    public var tls: TLSConnectionInformation? { state.channel.tls }

    private let state: State

    init(_ incoming: IncomingRequest, on channel: Channel) {
        state = State(incoming.compacted, channel)
    }

    /// Reads the content as `type`.
    ///
    /// Content that cannot be read fails nothing by itself: answer with `fail`.
    ///
    /// - Throws: ``ChannelError`` with the code `decodingFailed`.
    public func content<Content: Decodable>(as type: Content.Type = Content.self) throws(ChannelError) -> Content {
        try channel.decode(type, from: state.incoming.payload, state.incoming.content, what: "The request's content")
    }

    /// Answers with a result.
    ///
    /// While the socket is full this waits until it has taken some of what waits. A result that cannot be encoded, or is
    /// too large, becomes a failure at the other side.
    ///
    /// - Throws: ``ChannelError`` with the codes `alreadyReplied`, `encodingFailed`, `messageTooLarge`, or what closed the
    ///   channel.
    public func reply(_ result: some Encodable) async throws(ChannelError) {
        try claim()
        try await channel.answer(state.incoming, with: result)
    }

    /// Answers that the request failed.
    ///
    /// The other side gets the error's own words, of `LocalizedError` or `CustomStringConvertible`, else the name of its
    /// type: never what it stores. Of Foundation's errors, whose words have paths and URLs in them, it gets domain and code
    /// alone, and of this library's the code. To tell more, give a text.
    ///
    /// - Throws: ``ChannelError`` with the code `alreadyReplied`, or what closed the channel.
    public func fail(_ error: any Error) async throws(ChannelError) {
        try await fail(FailureText.of(error))
    }

    /// Answers that the request failed, with this text.
    ///
    /// - Throws: ``ChannelError`` with the code `alreadyReplied`, or what closed the channel.
    public func fail(_ text: String) async throws(ChannelError) {
        try claim()
        try await channel.answer(state.incoming, failure: text)
    }

    /// Answers that the request failed, with content of any type, for peers that expect another failure than a text.
    ///
    /// The other side reads it by ``RemoteError/content(as:)``. While the socket is full this waits until it has taken some of
    /// what waits. Content that cannot be encoded, or is too large, becomes a text that says so at the other side.
    ///
    /// - Throws: ``ChannelError`` with the codes `alreadyReplied`, `encodingFailed`, `messageTooLarge`, or what closed the
    ///   channel.
    public func fail(content: some Encodable) async throws(ChannelError) {
        // What this side itself says of requests that were not begun is not for anybody else to say.
        if let text = content as? String, RefusalText.contains(text) { return try await fail(text) }
        try claim()
        try await channel.answer(state.incoming, failureContent: content)
    }

    private func claim() throws(ChannelError) {
        guard state.claim() else {
            throw ChannelError(.alreadyReplied, "Request \(id) has its reply already.", address: channel.name)
        }
    }

    private final class State: Sendable {
        let incoming: IncomingRequest
        let channel: Channel
        private let isAnswered = Atomic(false)

        init(_ incoming: IncomingRequest, _ channel: Channel) {
            self.incoming = incoming
            self.channel = channel
        }

        /// True for the first who asks.
        func claim() -> Bool {
            !isAnswered.exchange(true, ordering: .relaxed)
        }

        deinit {
            guard claim() else { return }
            channel.onLoop { [incoming] in $0.fail(incoming, "The request was dropped without a reply.") }
        }
    }
}

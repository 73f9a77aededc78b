extension Channel {
    /// Answers the other side's requests until the channel closes, with a handler that also sees whose request it answers.
    ///
    /// ```swift
    /// try await channel.serve { (name: String, request) in
    ///     guard request.tls?.peerCertificate?.spiffeID == "spiffe://example.org/front" else { throw NotAllowed() }
    ///     return "Hello, \(name)!"
    /// }
    /// ```
    ///
    /// In all else it is the `serve` whose handler takes the content alone.
    ///
    /// - Parameters:
    ///   - type: what content is read as. Content that is none is answered with a failure.
    ///   - maximumConcurrency: how many handlers may run at once, 64 by default. Further requests wait.
    ///   - body: makes a reply from a request's content and its context.
    /// - Throws: ``ChannelError`` with the code `alreadyReceiving`, or what broke the line; `CancellationError` when the task
    ///   was cancelled.
    public func serve<Content: Decodable & Sendable, Response: Encodable & Sendable>(
        _ type: Content.Type = Content.self,
        maximumConcurrency: Int = 64,
        _ body: @escaping @Sendable (Content, RequestContext) async throws -> Response
    ) async throws {
        try await serve(ServeBody<Content, Response>.context(body), maximumConcurrency: maximumConcurrency)
    }
}

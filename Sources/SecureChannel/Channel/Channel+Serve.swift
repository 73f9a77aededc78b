internal import Logging
internal import NIOCore

extension Channel {
    /// Answers the other side's requests until the channel closes: each one's reply is what `body` returns.
    ///
    /// ```swift
    /// try await channel.serve { (name: String) in "Hello, \(name)!" }
    /// ```
    ///
    /// When `body` throws, the other side gets a ``RemoteError`` with what `fail` of ``Request`` tells of it,
    /// and this side's log has it at the level debug. Handlers run on the channel's event loop unless the configuration says
    /// otherwise.
    ///
    /// Those still at work are cancelled when the line breaks: by a reset, a hang-up, or a write that fails. When the other
    /// side has only ended its output they run on, for the drain timeout at most, since it may be waiting for their replies.
    /// Returns when the channel was closed in an orderly way, by either side, and the handlers have ended.
    ///
    /// - Parameters:
    ///   - type: what content is read as. Content that is none is answered with a failure.
    ///   - maximumConcurrency: how many handlers may run at once, 64 by default. Further requests wait.
    ///   - body: makes a reply from a request's content.
    /// - Throws: ``ChannelError`` with the code `alreadyReceiving`, or what broke the line; `CancellationError` when the task
    ///   was cancelled.
    public func serve<Content: Decodable & Sendable, Response: Encodable & Sendable>(
        _ type: Content.Type = Content.self,
        maximumConcurrency: Int = 64,
        _ body: @escaping @Sendable (Content) async throws -> Response
    ) async throws {
        try await serve(ServeBody<Content, Response>.content(body), maximumConcurrency: maximumConcurrency)
    }

    /// Hands requests to workers that live as long as the serving does. A worker is only started when a request finds none
    /// free, so there are as many as there ever were handlers at work at once.
    func serve<Content: Decodable & Sendable, Response: Encodable & Sendable>(
        _ body: ServeBody<Content, Response>,
        maximumConcurrency: Int
    ) async throws {
        let maximumConcurrency = max(1, maximumConcurrency)
        let receiving = NIOLoopBoundBox.makeBoxSendingValue(Receiving(), eventLoop: loop)
        let end = await withTaskCancellationHandler {
            await withDiscardingTaskGroup(returning: ChannelError.self) { group in
                var delivery = await next { $0.beginServing($1, as: receiving.value) }
                if case .ended(let error) = delivery, error.code == .alreadyReceiving { return error }
                var workers = 0
                while case .request(let first) = delivery {
                    group.addTask(executorPreference: self.handlerExecutor) {
                        let scope = HandlerScope(.handler, of: self)
                        await HandlerScope.$current.withValue(scope) { await self.work(from: first, in: scope, body) }
                    }
                    workers += 1
                    guard workers < maximumConcurrency else { break }
                    delivery = await next { $0.awaitWork(starter: $1) }
                }
                // While the channel is drained the workers finish what they have; once it closes they are told to stop.
                let end = await next { $0.awaitEndOfServing($1, as: receiving.value) }
                group.cancelAll()
                guard case .ended(let error) = end else { return .closed(by: "this side", peer: self.name) }
                return error
            }
        } onCancel: {
            self.soon { $0.stop(receiving.value) }
        }
        onLoop { $0.endServing(receiving.value) }
        try Task.checkCancellation()
        if end.code != .connectionClosed { throw end }
    }

    /// Everything of one request in one asynchronous function: each that is called costs a frame and a look for its executor.
    private func work<Content: Decodable & Sendable, Response: Encodable & Sendable>(
        from first: IncomingRequest,
        in scope: HandlerScope,
        _ body: ServeBody<Content, Response>
    ) async {
        var delivery = Delivery.request(first)
        var count = 0
        while case .request(let request) = delivery {
            let outcome: Result<Response, any Error>
            do {
                let content: Content = try decode(request)
                switch body {
                case .content(let body): outcome = .success(try await body(content))
                case .context(let body):
                    outcome = .success(try await body(content, RequestContext(id: request.id, channel: self)))
                }
            } catch {
                outcome = .failure(error)
            }
            do throws(ChannelError) {
                switch outcome {
                case .success(let response): try await answer(request, with: response)
                case .failure(let error): try await answer(request, failure: told(error))
                }
            } catch {
                note(error)
            }
            if scope.hasAsked() { onLoop { $0.handlerEnded(scope) } }
            count += 1
            // Handlers that never wait would keep the event loop from its other channels, and the peer from their replies.
            if count % Self.requestsBeforeYield == 0 || loop.inEventLoop && executor.isFlushDue { await Task.yield() }
            if let ready = coreOnLoop?.nextForServing() {
                delivery = ready
            } else {
                delivery = await next { $0.awaitWork($1) }
            }
        }
    }

    private func decode<Content: Decodable>(_ request: IncomingRequest) throws(UnreadableContent) -> Content {
        do throws(ChannelError) {
            return try decode(Content.self, from: request.payload, request.content, what: "The request's content")
        } catch {
            throw UnreadableContent(error: error)
        }
    }

    /// What the peer is told of a request that failed: of its own content all, of a handler's error what that may tell.
    private func told(_ error: any Error) -> String {
        if let error = error as? UnreadableContent { return error.error.message }
        noteFailure(error)
        return FailureText.of(error)
    }

    /// Apart, so that what it needs does not lie in the frame of every worker.
    @inline(never)
    private func note(_ error: ChannelError) {
        logger.debug("A reply could not be sent.", metadata: ["error": "\(error)"])
    }

    /// The same.
    @inline(never)
    private func noteFailure(_ error: any Error) {
        logger.debug("A handler failed.", metadata: ["peer": "\(name)", "error": "\(FailureText.forLog(error))"])
    }

    private static var requestsBeforeYield: Int { 64 }

    /// Waits for what the event loop has for a worker or for whoever starts workers.
    private func next(
        _ wait: @escaping @Sendable (ChannelCore, RequestContinuation) -> Void
    ) async -> Delivery {
        await withUnsafeContinuation { continuation in onLoop { wait($0, continuation) } }
    }

    /// Where handlers run.
    var handlerExecutor: any TaskExecutor { configuration.execution.executor(executor) }
}

/// What makes a reply: of the content alone, or of whose request it is, too.
enum ServeBody<Content: Sendable, Response>: Sendable {
    case content(@Sendable (Content) async throws -> Response)
    case context(@Sendable (Content, RequestContext) async throws -> Response)
}

/// A request's content is not of the type that it is read as; told from what a handler throws.
private struct UnreadableContent: Error {
    var error: ChannelError
}

extension ChannelConfiguration.Execution {
    /// Where handlers run that belong to a channel on the event loop of `loopExecutor`.
    func executor(_ loopExecutor: LoopExecutor) -> any TaskExecutor {
        switch self {
        case .eventLoop: loopExecutor
        case .globalPool: globalConcurrentExecutor
        }
    }
}

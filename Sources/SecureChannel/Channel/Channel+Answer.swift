internal import NIOCore

// How a request gets its one reply, wherever the caller runs.
extension Channel {
    /// Answers with a result; with a failure when that cannot be encoded or is too large.
    // Inlined, so that an answer which can be written at once costs no asynchronous call.
    @inline(__always)
    func answer(_ request: IncomingRequest, with result: some Encodable) async throws(ChannelError) {
        if let core = coreOnLoop, core.hasRoom {
            try core.answer(request, sizeHint: codec.sizeHint(for: result)) { (writer) throws(ChannelError) in
                try encode(result, into: &writer, what: "The reply")
            }
        } else {
            try await answerLater(request, with: result, as: .result)
        }
    }

    /// Answers with a failure whose content is of any type; with one that says why when that cannot be encoded or is too
    /// large.
    func answer(_ request: IncomingRequest, failureContent content: some Encodable) async throws(ChannelError) {
        try await answerLater(request, with: content, as: .exception)
    }

    /// From outside the event loop, or when the socket is full.
    private func answerLater(
        _ request: IncomingRequest,
        with result: some Encodable,
        as kind: MessageHead.Kind
    ) async throws(ChannelError) {
        await room()
        let content: ByteBuffer
        do {
            content = try encode(result, what: kind == .result ? "The reply" : "The failure's content")
        } catch {
            try await answer(request, failure: error.message)
            throw error
        }
        try await perform { core throws(ChannelError) in try core.answer(request, content: content, as: kind) }
    }

    /// Answers with a failure.
    func answer(_ request: IncomingRequest, failure text: String) async throws(ChannelError) {
        await room()
        try await perform { core throws(ChannelError) in
            if core.isClosing, let failure = core.failure { throw failure }
            core.fail(request, text)
        }
    }

    /// Waits until the socket has taken enough of what waits. Not cancellable: the reply is owed. It ends at the latest when
    /// the write timeout closes the channel.
    private func room() async {
        if let core = coreOnLoop, core.hasRoom { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            onLoop { core in
                if core.hasRoom || core.isClosing {
                    continuation.resume()
                } else {
                    core.roomWaiters.append(continuation)
                }
            }
        }
    }

    /// Does something on the event loop and waits for it.
    private func perform(
        _ action: @escaping @Sendable (ChannelCore) throws(ChannelError) -> Void
    ) async throws(ChannelError) {
        if let core = coreOnLoop { return try action(core) }
        let result = await withUnsafeContinuation {
            (continuation: UnsafeContinuation<Result<Void, ChannelError>, Never>) in
            onLoop { core in
                do throws(ChannelError) {
                    try action(core)
                    continuation.resume(returning: .success(()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }
}

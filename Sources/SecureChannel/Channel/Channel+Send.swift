internal import NIOCore

extension Channel {
    /// Sends a request and waits for its reply, for the channel's reply timeout at most.
    ///
    /// ```swift
    /// let sum: Int = try await channel.send([1, 2, 3])
    /// ```
    ///
    /// Many calls may be in flight; their replies come in any order. Beyond the channel's limits on outstanding requests
    /// `send` waits for its turn. Cancelling the task takes the call back, within some 20 ms, and harms no other; the peer is
    /// not told.
    ///
    /// - Parameters:
    ///   - content: what to send, in the channel's codec.
    ///   - type: what the reply is read as.
    /// An error says in ``ChannelError/wasNotBegun`` whether the request was surely not begun, and may be sent again.
    ///
    /// - Throws: ``RemoteError`` when the other side failed the request; ``ChannelError`` when this side or the line did, with
    ///   the codes `connectionClosed`, `connectionReset`, `replyTimedOut`, `messageTooLarge`, `encodingFailed`,
    ///   `decodingFailed` and those of a broken line; `CancellationError` when the task was cancelled.
    public func send<Response: Decodable>(
        _ content: some Encodable,
        expecting type: Response.Type = Response.self
    ) async throws -> Response {
        let reply = try await result(of: content, timeout: replyTimeout)
        return try decode(type, from: reply.payload, reply.content, what: "The reply")
    }

    /// Sends a request and waits for its reply, for `timeout` at most; nil waits for ever.
    public func send<Response: Decodable>(
        _ content: some Encodable,
        expecting type: Response.Type = Response.self,
        timeout: Duration?
    ) async throws -> Response {
        let reply = try await result(of: content, timeout: timeout.map { .bounded($0) })
        return try decode(type, from: reply.payload, reply.content, what: "The reply")
    }

    /// Sends a request whose reply says nothing but that it was done, and waits for that as ``send(_:expecting:)`` does.
    public func send(_ content: some Encodable) async throws {
        _ = try await result(of: content, timeout: replyTimeout)
    }

    /// Sends a request whose reply says nothing but that it was done; waits for `timeout` at most, and with nil for ever.
    public func send(_ content: some Encodable, timeout: Duration?) async throws {
        _ = try await result(of: content, timeout: timeout.map { .bounded($0) })
    }

    // Inlined, as each asynchronous function that is called costs a frame of the task's own stack.
    @inline(__always)
    private func result(of content: some Encodable, timeout: TimeAmount?) async throws -> Reply {
        if Task.isCancelled { throw CancellationError() }
        let deadline = timeout.map { NIODeadline.now() + $0 } ?? .distantFuture
        let reply: Reply
        if let core = coreOnLoop, let id = try begin(content, on: core, deadline: deadline) {
            if let early = try await withUnsafeThrowingContinuation({ core.waitBriefly(for: id, $0) }) {
                reply = early
            } else {
                reply = try await self.reply(to: id)
            }
        } else {
            reply = try await exchange(encoded: encoded(content), deadline: deadline)
        }
        guard reply.kind == .result else { throw RemoteError(reply, from: name, codec: codec) }
        return reply
    }

    /// Encodes and sends a request at once; nil when it has to wait its turn.
    private func begin(
        _ content: some Encodable,
        on core: ChannelCore,
        deadline: NIODeadline
    ) throws(ChannelError) -> UInt64? {
        do {
            return try core.begin(sizeHint: codec.sizeHint(for: content), deadline: deadline) {
                (writer) throws(ChannelError) in
                try encode(content, into: &writer, what: "The request")
            }
        } catch {
            throw error.wasNotBegun(true)
        }
    }

    private func encoded(_ content: some Encodable) throws(ChannelError) -> ByteBuffer {
        do {
            return try encode(content, what: "The request")
        } catch {
            throw error.wasNotBegun(true)
        }
    }

    /// Waits for a reply that takes longer than a moment.
    private func reply(to id: UInt64) async throws -> Reply {
        let reply = try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in onLoop { $0.wait(for: id, continuation) } }
        } onCancel: {
            // Never at once: when the task is cancelled already this runs before the operation does.
            self.soon { $0.cancel(id) }
        }
        return try certain(reply)
    }

    /// Only who waits briefly is resumed without a reply.
    private func certain(_ reply: Reply?) throws(ChannelError) -> Reply {
        if let reply { return reply }
        throw .closed(by: "this side", peer: name)
    }

    /// The way from outside the event loop, and of a request that has to wait its turn.
    private func exchange(encoded content: ByteBuffer, deadline: NIODeadline) async throws -> Reply {
        let call = NIOLoopBoundBox.makeBoxSendingValue(
            WaitingCall(content: content, deadline: deadline),
            eventLoop: loop
        )
        let reply = try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                onLoop { core in
                    call.value.wait(continuation)
                    core.begin(call.value)
                }
            }
        } onCancel: {
            self.soon { $0.cancel(call.value) }
        }
        return try certain(reply)
    }

    // MARK: Coding

    /// Encodes content and the codec's tail.
    func encode(_ content: some Encodable, what: String) throws(ChannelError) -> ByteBuffer {
        var buffer = ByteBuffer()
        try buffer.writeContent(reserving: codec.sizeHint(for: content) + 256) { (writer) throws(ChannelError) in
            try encode(content, into: &writer, what: what)
        }
        return buffer
    }

    func encode(_ content: some Encodable, into writer: inout MessageWriter, what: String) throws(ChannelError) {
        do {
            try codec.encode(content, into: &writer)
            codec.encodeTail(into: &writer)
        } catch {
            throw ChannelError(
                .encodingFailed,
                "\(what) could not be encoded: \(CodingFailureText.of(error))",
                address: name,
                cause: error
            )
        }
    }

    func decode<Content: Decodable>(
        _ type: Content.Type,
        from payload: ByteBuffer,
        _ range: Range<Int>,
        what: String
    ) throws(ChannelError) -> Content {
        do {
            return try codec.decode(type, from: payload.readableBytesSpan.extracting(range))
        } catch {
            throw ChannelError(
                .decodingFailed,
                "\(what) is not a \(type): \(CodingFailureText.of(error))",
                address: name,
                hint: "Do both ends mean the same type?",
                cause: error
            )
        }
    }
}

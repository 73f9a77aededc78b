internal import NIOCore

// The end of a connection: asked for, forced, or come upon.

extension TLSHandler {
    func close(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        let action = self.machine.close()
        if case .fail(let error) = action {
            promise?.fail(error)
            return
        }
        if let promise { self.closePromises.append(promise) }
        switch action {
        case .closeTransport:
            self.closeTransport(context)
        case .sendRest:
            self.expected = nil
            self.ciphertext = ByteBuffer()
            self.startTimer(self.limits.closeTimeout, context)
            for promise in self.pending.removeUnflushed() { promise.fail(ChannelError.ioOnClosedChannel) }
            self.sendPending(context)
            context.read()  // a peer that cannot write may never come to read
        case .linger:
            self.linger(self.limits.lingerTimeout, context)
        case .awaitGoodbye:
            self.linger(self.limits.closeTimeout, context)
        case .join, .fail:
            break
        }
    }

    private func linger(_ timeout: Duration, _ context: ChannelHandlerContext) {
        self.session = nil
        self.expected = nil
        self.ciphertext = ByteBuffer()
        self.startTimer(timeout, context)
        context.read()
    }

    func closeOutput(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        let action = self.machine.closeOutput()
        if case .fail(let error) = action {
            promise?.fail(error)
            return
        }
        if let promise { self.halfClosePromises.append(promise) }
        switch action {
        case .closeTransport:
            self.closeTransport(context)
        case .sendRest:
            for promise in self.pending.removeUnflushed() { promise.fail(ChannelError.outputClosed) }
            self.sendPending(context)
        case .linger, .awaitGoodbye, .join, .fail:
            break
        }
    }

    func sendCloseNotify(_ context: ChannelHandlerContext) {
        guard let session = self.session else { return self.closeTransport(context) }
        _ = session.shutDown()
        if self.machine.isLingering { self.session = nil }
        self.sendGoodbye(of: session, context)
    }

    /// Closes the transport below now, whatever may still be on its way.
    func closeTransport(_ context: ChannelHandlerContext) {
        self.machine.finish()
        let promise = Self.joining(self.closePromises)
        self.closePromises = []
        self.release(reason: self.failure ?? ChannelError.ioOnClosedChannel)
        context.close(mode: .all, promise: promise)
    }

    /// The peer will send nothing more: an error, unless it has said so.
    func endInput(_ context: ChannelHandlerContext) {
        switch self.machine.receiveEndOfInput() {
        case .fail: self.failAtEndOfInput(context)
        case .finishClosing: self.closeTransport(context)
        case .ignore: break
        }
    }

    /// The channel is closed, by whomever.
    func endTransport(_ context: ChannelHandlerContext) {
        self.isInRead = false
        let wasPaused = self.machine.isPaused
        if self.machine.receiveEndOfInput() == .fail || wasPaused, !self.transportHasFailed {
            self.failAtEndOfInput(context)
        }
        self.machine.finish()
        self.release(reason: self.failure ?? ChannelError.ioOnClosedChannel)
    }

    private func failAtEndOfInput(_ context: ChannelHandlerContext) {
        guard let session = self.session, !self.machine.isPaused else {
            return self.fail(.closedDuringHandshake(self.peer(context)), context)
        }
        session.endInput()
        var nothing = ByteBuffer()
        var plaintext = context.channel.allocator.buffer(capacity: 1)
        let step =
            self.machine.isHandshaking
            ? session.handshake(from: &nothing) : session.read(from: &nothing, into: &plaintext, limit: 1)
        if case .failed(let failure) = step.ending {
            self.fail(failure, of: session, context)
        } else {
            self.fail(.truncated(self.peer(context)), context)
        }
    }

    /// Lets go of all that a closed connection does not need, and completes whatever waits for it.
    func release(reason: any Error) {
        self.stopTimer()
        self.stopIdleTimer()
        self.approval?.cancel()
        self.approval = nil
        self.errand?.giveUp()
        self.errand = nil
        self.session = nil
        self.ciphertext = ByteBuffer()
        self.expected = nil
        let writes = self.pending.removeAll()
        let (closes, halfCloses) = (self.closePromises, self.halfClosePromises)
        self.closePromises = []
        self.halfClosePromises = []
        for promise in writes { promise.fail(reason) }
        for promise in halfCloses { promise.fail(reason) }
        for promise in closes { promise.succeed() }
    }
}

// MARK: Failing

extension TLSHandler {
    func fail(_ failure: OpenSSLFailure, of session: TLSSession, _ context: ChannelHandlerContext) {
        let error = TLSError.explaining(
            failure,
            ssl: session.ssl,
            role: self.tls.role,
            phase: self.machine.phase,
            peerAddress: self.peer(context).address
        )
        self.fail(error, context)
    }

    /// Ends the connection with an error: the alert first, so that the peer learns why, then the news for those above.
    func fail(_ error: TLSError, _ context: ChannelHandlerContext) {
        let action = self.machine.fail()
        guard action != .ignore else { return }
        self.failure = error
        let session = self.session
        self.session = nil
        self.ciphertext = ByteBuffer()
        self.startTimer(self.limits.lingerTimeout, context)
        let writes = self.pending.removeAll()
        let goodbye = session.map { self.writeGoodbye(of: $0, context) }
        for promise in writes { promise.fail(error) }
        if action == .report {
            self.fireUnfinished(context)
            context.fireErrorCaught(error)
        }
        if let goodbye, let goodbye {
            self.follow(goodbye, context)
        } else if !self.machine.isClosed {
            self.closeTransport(context)
        }
    }
}

// MARK: Last words

extension TLSHandler {
    private func sendGoodbye(of session: TLSSession, _ context: ChannelHandlerContext) {
        guard let goodbye = self.writeGoodbye(of: session, context) else { return self.closeTransport(context) }
        self.follow(goodbye, context)
    }

    /// Sends the session's last output; nil if there is none or nobody to send it to.
    private func writeGoodbye(of session: TLSSession, _ context: ChannelHandlerContext) -> EventLoopFuture<Void>? {
        guard session.hasOutput, context.channel.isActive else { return nil }
        var output = ByteBuffer()
        session.takeOutput(into: &output)
        let promise = context.eventLoop.makePromise(of: Void.self)
        context.write(self.wrapOutboundOut(output), promise: promise)
        self.flushTransport(context)
        return promise.futureResult
    }

    private func follow(_ goodbye: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        goodbye.assumeIsolated().whenComplete { [weak self] result in
            guard let self, let context = self.context else { return }
            if case .failure = result, !self.machine.isClosed { return self.closeTransport(context) }
            self.sentGoodbye(context)
        }
    }

    private func sentGoodbye(_ context: ChannelHandlerContext) {
        let action = self.machine.sentGoodbye()
        guard action != .ignore else { return }
        let halfCloses = self.halfClosePromises
        self.halfClosePromises = []
        switch action {
        case .ignore: return
        case .closeTransport:
            self.closeTransport(context)
            for promise in halfCloses { promise.succeed() }
        case .closeOutput:
            if self.machine.isLingering { self.startTimer(self.limits.lingerTimeout, context) }
            let promise = context.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenComplete { [weak self] result in
                for promise in halfCloses { promise.completeWith(result) }
                guard let self, case .failure = result, self.machine.isLingering, let context = self.context
                else { return }
                self.closeTransport(context)
            }
            context.close(mode: .output, promise: promise)
            context.read()  // for the peer's end to be noticed
        }
    }

    private static func joining(_ promises: [EventLoopPromise<Void>]) -> EventLoopPromise<Void>? {
        guard let first = promises.first else { return nil }
        for promise in promises.dropFirst() { first.futureResult.cascade(to: promise) }
        return first
    }
}

internal import NIOCore

// The end of a connection: asked for, forced, or come upon.

extension TLSConnection {
    func close(_ promise: EventLoopPromise<Void>?, _ line: any TLSLine) {
        let action = self.machine.close()
        if case .fail(let error) = action {
            promise?.fail(error)
            return
        }
        if let promise { self.closePromises.append(promise) }
        switch action {
        case .closeTransport:
            self.closeTransport(line)
        case .sendRest:
            self.expected = nil
            self.ciphertext = ByteBuffer()
            self.startTimer(self.limits.closeTimeout, line)
            for promise in self.pending.removeUnflushed() { promise.fail(ChannelError.ioOnClosedChannel) }
            self.sendPending(line)
            line.readMore()  // a peer that cannot write may never come to read
        case .linger:
            self.linger(self.limits.lingerTimeout, line)
        case .awaitGoodbye:
            self.linger(self.limits.closeTimeout, line)
        case .join, .fail:
            break
        }
    }

    private func linger(_ timeout: Duration, _ line: any TLSLine) {
        self.session = nil
        self.expected = nil
        self.ciphertext = ByteBuffer()
        self.startTimer(timeout, line)
        line.readMore()
    }

    func closeOutput(_ promise: EventLoopPromise<Void>?, _ line: any TLSLine) {
        let action = self.machine.closeOutput()
        if case .fail(let error) = action {
            promise?.fail(error)
            return
        }
        if let promise { self.halfClosePromises.append(promise) }
        switch action {
        case .closeTransport:
            self.closeTransport(line)
        case .sendRest:
            for promise in self.pending.removeUnflushed() { promise.fail(ChannelError.outputClosed) }
            self.sendPending(line)
        case .linger, .awaitGoodbye, .join, .fail:
            break
        }
    }

    func sendCloseNotify(_ line: any TLSLine) {
        guard let session = self.session else { return self.closeTransport(line) }
        _ = session.shutDown()
        if self.machine.isLingering { self.session = nil }
        self.sendGoodbye(of: session, line)
    }

    /// Closes the transport below now, whatever may still be on its way.
    func closeTransport(_ line: any TLSLine) {
        self.machine.finish()
        let promise = Self.joining(self.closePromises)
        self.closePromises = []
        self.release(reason: self.failure ?? ChannelError.ioOnClosedChannel)
        line.close(.all, promise: promise)
    }

    /// The peer will send nothing more: an error, unless it has said so.
    package func endInput(_ line: any TLSLine) {
        switch self.machine.receiveEndOfInput() {
        case .fail: self.failAtEndOfInput(line)
        case .finishClosing: self.closeTransport(line)
        case .ignore: break
        }
    }

    /// The channel is closed, by whomever.
    package func endTransport(_ line: any TLSLine) {
        self.isInRead = false
        let wasHeld = self.machine.holdsInput
        if self.machine.receiveEndOfInput() == .fail || wasHeld, !self.transportHasFailed {
            self.failAtEndOfInput(line)
        }
        self.machine.finish()
        self.release(reason: self.failure ?? ChannelError.ioOnClosedChannel)
    }

    private func failAtEndOfInput(_ line: any TLSLine) {
        guard let session = self.session, !self.machine.isPaused else {
            return self.fail(.closedDuringHandshake(self.peer(line)), line)
        }
        session.endInput()
        var nothing = ByteBuffer()
        var plaintext = ByteBufferAllocator().buffer(capacity: 1)
        let step =
            self.machine.isHandshaking
            ? session.handshake(from: &nothing) : session.read(from: &nothing, into: &plaintext, limit: 1)
        if case .failed(let failure) = step.ending {
            self.fail(failure, of: session, line)
        } else {
            self.fail(.truncated(self.peer(line)), line)
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

extension TLSConnection {
    func fail(_ failure: OpenSSLFailure, of session: TLSSession, _ line: any TLSLine) {
        let error = TLSError.explaining(
            failure,
            ssl: session.ssl,
            role: self.tls.role,
            phase: self.machine.phase,
            peerAddress: self.peer(line).address
        )
        self.fail(error, line)
    }

    /// Ends the connection with an error: the alert first, so that the peer learns why, then the news for those above.
    ///
    /// - Parameter alert: the record to send where there is no session that would have one.
    func fail(_ error: TLSError, alert: ByteBuffer? = nil, _ line: any TLSLine) {
        let action = self.machine.fail()
        guard action != .ignore else { return }
        self.failure = error
        let session = self.session
        self.session = nil
        self.ciphertext = ByteBuffer()
        self.startTimer(self.limits.lingerTimeout, line)
        let writes = self.pending.removeAll()
        let goodbye = session.map { self.writeGoodbye(of: $0, line) } ?? alert.map { self.sendLast($0, line) }
        for promise in writes { promise.fail(error) }
        if action == .report {
            self.fireUnfinished(line)
            line.fail(error)
        }
        if let goodbye, let goodbye {
            self.follow(goodbye, line)
        } else if !self.machine.isClosed {
            self.closeTransport(line)
        }
    }
}

// MARK: Last words

extension TLSConnection {
    private func sendGoodbye(of session: TLSSession, _ line: any TLSLine) {
        guard let goodbye = self.writeGoodbye(of: session, line) else { return self.closeTransport(line) }
        self.follow(goodbye, line)
    }

    /// Sends the session's last output; nil if there is none or nobody to send it to.
    private func writeGoodbye(of session: TLSSession, _ line: any TLSLine) -> EventLoopFuture<Void>? {
        guard session.hasOutput else { return nil }
        var output = ByteBuffer()
        session.takeOutput(into: &output)
        return self.sendLast(output, line)
    }

    private func sendLast(_ output: ByteBuffer, _ line: any TLSLine) -> EventLoopFuture<Void>? {
        guard line.isActive else { return nil }
        let promise = line.eventLoop.makePromise(of: Void.self)
        line.send(output, promise: promise)
        self.flushTransport(line)
        return promise.futureResult
    }

    private func follow(_ goodbye: EventLoopFuture<Void>, _ line: any TLSLine) {
        goodbye.assumeIsolated().whenComplete { [weak self] result in
            guard let self, let line = self.line else { return }
            if case .failure = result, !self.machine.isClosed { return self.closeTransport(line) }
            self.sentGoodbye(line)
        }
    }

    private func sentGoodbye(_ line: any TLSLine) {
        let action = self.machine.sentGoodbye()
        guard action != .ignore else { return }
        let halfCloses = self.halfClosePromises
        self.halfClosePromises = []
        switch action {
        case .ignore: return
        case .closeTransport:
            self.closeTransport(line)
            for promise in halfCloses { promise.succeed() }
        case .closeOutput:
            if self.machine.isLingering { self.startTimer(self.limits.lingerTimeout, line) }
            let promise = line.eventLoop.makePromise(of: Void.self)
            promise.futureResult.assumeIsolated().whenComplete { [weak self] result in
                for promise in halfCloses { promise.completeWith(result) }
                guard let self, case .failure = result, self.machine.isLingering, let line = self.line
                else { return }
                self.closeTransport(line)
            }
            line.close(.output, promise: promise)
            line.readMore()  // for the peer's end to be noticed
        }
    }

    private static func joining(_ promises: [EventLoopPromise<Void>]) -> EventLoopPromise<Void>? {
        guard let first = promises.first else { return nil }
        for promise in promises.dropFirst() { first.futureResult.cascade(to: promise) }
        return first
    }
}

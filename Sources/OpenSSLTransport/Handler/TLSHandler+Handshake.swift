internal import NIOCore

// From the connection to the end of the handshake.

extension TLSHandler {
    func connect(_ context: ChannelHandlerContext) {
        switch self.machine.connect() {
        case .ignore: return
        case .awaitHello:
            self.startTimer(self.tls.handshakeTimeout, context)
        case .sendHello:
            self.startTimer(self.tls.handshakeTimeout, context)
            guard self.makeSession(context) else { return }
            _ = self.shakeHands(context)
            self.flushTransport(context)
        }
        context.read()
    }

    /// Looks at the first bytes before a session is made for them. True if they are worth one.
    func inspect(_ context: ChannelHandlerContext) -> Bool {
        let bytes = self.ciphertext.readableBytesView
        let verdict =
            self.tls.role == .server
            ? FirstBytes.ofClient(bytes, maximumHelloLength: self.limits.helloLength) : FirstBytes.ofServer(bytes)
        switch verdict {
        case .undecided:
            return false
        case .tls:
            self.machine.acceptFirstBytes()
            return self.session != nil || self.makeSession(context)
        case .helloTooLarge(let declared):
            self.fail(.helloTooLarge(declared, limit: self.limits.helloLength, self.peer(context)), context)
            return false
        case .notTLS(let other):
            self.fail(.notTLS(other, bytes, self.peer(context)), context)
            return false
        }
    }

    /// One step of the handshake. True if there is more to do with the input at hand.
    func shakeHands(_ context: ChannelHandlerContext) -> Bool {
        guard let session = self.session else { return false }
        var ciphertext = ByteBuffer()
        swap(&ciphertext, &self.ciphertext)
        let limit = self.limits.handshakeInput - self.handshakeInputCount
        if self.tls.handshakeMayBlock || self.limits.shakesHandsOnThreads {
            self.shakeHandsOnThread(session, ciphertext, limit: limit, context)
            return false
        }
        let available = ciphertext.readableBytes
        let step = session.handshake(from: &ciphertext, limit: limit)
        self.handshakeInputCount += available - ciphertext.readableBytes
        if ciphertext.readableBytes > 0 { self.ciphertext = ciphertext }
        return self.takeStep(step, of: session, context)
    }

    /// Acts on a step's outcome. True if there is more to do with the input at hand.
    func takeStep(_ step: TLSStep, of session: TLSSession, _ context: ChannelHandlerContext) -> Bool {
        if let failure = step.failure {
            self.fail(failure, of: session, context)
            return false
        }
        if session.hasOutput {
            self.machine.answer()
            self.writeOutput(of: session, context)
        }
        switch step.ending {
        case .complete:
            return self.finishHandshake(of: session, context)
        case .wantsMoreInput:
            // All that the limit allows is taken, and it was not enough.
            if self.handshakeInputCount >= self.limits.handshakeInput {
                self.fail(.handshakeTooLarge(limit: self.limits.handshakeInput, self.peer(context)), context)
            }
            return self.ciphertext.readableBytes > 0
        case .closeNotify:
            self.fail(.closedDuringHandshake(self.peer(context)), context)
            return false
        case .failed:
            return false
        }
    }

    /// OpenSSL is content with the peer; the rest of what we insist on is checked here, before anything is handed on.
    private func finishHandshake(of session: TLSSession, _ context: ChannelHandlerContext) -> Bool {
        let agreement: TLSConnectionInformation
        do throws(TLSError) {
            agreement = try self.tls.agreement(of: session.ssl, peerAddress: self.peer(context).address)
        } catch {
            self.refuse(error, session, context)
            return false
        }
        if let question = Approval(self.tls, session.ssl) {
            self.ask(question, about: agreement, context)
            return false
        }
        return self.establish(agreement, context)
    }

    /// Ends a handshake that OpenSSL was content with. It sends no alert of our choice: close_notify is the last that the
    /// peer hears.
    func refuse(_ error: TLSError, _ session: TLSSession, _ context: ChannelHandlerContext) {
        _ = session.shutDown()
        self.fail(error, context)
    }

    /// True if there is more to do with the input at hand.
    func establish(_ agreement: TLSConnectionInformation, _ context: ChannelHandlerContext) -> Bool {
        guard self.machine.completeHandshake() else { return false }
        self.stopTimer()
        context.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(agreement))
        return true
    }

    private func makeSession(_ context: ChannelHandlerContext) -> Bool {
        self.takeCurrentContext()
        do throws(TLSError) {
            self.session = try TLSSession(self.tls.makeSSL(peerHost: self.host, peerPort: self.port))
            return true
        } catch {
            self.fail(error, context)
            return false
        }
    }
}

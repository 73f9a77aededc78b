internal import NIOCore

// From the connection to the end of the handshake.

extension TLSConnection {
    package func connect(_ line: any TLSLine) {
        switch self.machine.connect() {
        case .ignore: return
        case .awaitHello:
            self.startTimer(self.tls.handshakeTimeout, line)
        case .sendHello:
            self.startTimer(self.tls.handshakeTimeout, line)
            guard self.makeSession(line) else { return }
            _ = self.shakeHands(line)
            self.flushTransport(line)
        }
        line.readMore()
    }

    /// Looks at the first bytes before a session is made for them. True if they are worth one.
    func inspect(_ line: any TLSLine) -> Bool {
        let bytes = self.ciphertext.readableBytesView
        let verdict =
            self.tls.role == .server
            ? FirstBytes.ofClient(bytes, maximumHelloLength: self.limits.helloLength) : FirstBytes.ofServer(bytes)
        switch verdict {
        case .undecided:
            return false
        case .tls:
            self.machine.acceptFirstBytes()
            return self.session != nil || self.makeSession(line)
        case .helloTooLarge(let declared):
            self.refuse(verdict, .helloTooLarge(declared, limit: self.limits.helloLength, self.peer(line)), line)
            return false
        case .oldHello:
            self.refuse(verdict, .oldHello(self.peer(line)), line)
            return false
        case .noHello:
            self.refuse(verdict, .noHello(self.peer(line)), line)
            return false
        case .alert(let alert):
            self.fail(.beganWithAlert(alert, self.peer(line)), line)
            return false
        case .notTLS(let other):
            self.fail(.notTLS(other, bytes, self.peer(line)), line)
            return false
        }
    }

    private func refuse(_ verdict: FirstBytes, _ error: TLSError, _ line: any TLSLine) {
        let alert = verdict.refusal.map { FirstBytes.record(of: $0, inAnswerTo: self.ciphertext.readableBytesView) }
        self.fail(error, alert: alert, line)
    }

    /// One step of the handshake. True if there is more to do with the input at hand.
    func shakeHands(_ line: any TLSLine) -> Bool {
        guard let session = self.session else { return false }
        var ciphertext = ByteBuffer()
        swap(&ciphertext, &self.ciphertext)
        let limit = self.limits.handshakeInput - self.handshakeInputCount
        if self.tls.handshakeMayBlock || self.limits.shakesHandsOnThreads {
            self.shakeHandsOnThread(session, ciphertext, limit: limit, line)
            return false
        }
        let available = ciphertext.readableBytes
        let step = session.handshake(from: &ciphertext, limit: limit)
        self.handshakeInputCount += available - ciphertext.readableBytes
        if ciphertext.readableBytes > 0 { self.ciphertext = ciphertext }
        return self.takeStep(step, of: session, line)
    }

    /// Acts on a step's outcome. True if there is more to do with the input at hand.
    func takeStep(_ step: TLSStep, of session: TLSSession, _ line: any TLSLine) -> Bool {
        if let failure = step.failure {
            self.fail(failure, of: session, line)
            return false
        }
        if session.hasOutput {
            self.machine.answer()
            self.writeOutput(of: session, line)
        }
        switch step.ending {
        case .complete:
            return self.finishHandshake(of: session, line)
        case .wantsMoreInput:
            // All that the limit allows is taken, and it was not enough.
            if self.handshakeInputCount >= self.limits.handshakeInput {
                self.fail(.handshakeTooLarge(limit: self.limits.handshakeInput, self.peer(line)), line)
            }
            return self.ciphertext.readableBytes > 0
        case .closeNotify:
            self.fail(.closedDuringHandshake(self.peer(line)), line)
            return false
        case .failed, .flooded:
            return false
        }
    }

    /// OpenSSL is content with the peer; the rest of what we insist on is checked here, before anything is handed on.
    private func finishHandshake(of session: TLSSession, _ line: any TLSLine) -> Bool {
        let agreement: TLSConnectionInformation
        do throws(TLSError) {
            agreement = try self.tls.agreement(of: session.ssl, peerAddress: self.peer(line).address)
        } catch {
            self.refuse(error, session, line)
            return false
        }
        if let question = Approval(self.tls, session.ssl) {
            self.ask(question, about: agreement, line)
            return false
        }
        return self.establish(agreement, line)
    }

    /// Ends a handshake that OpenSSL was content with. It sends no alert of our choice: close_notify is the last that the
    /// peer hears.
    func refuse(_ error: TLSError, _ session: TLSSession, _ line: any TLSLine) {
        _ = session.shutDown()
        self.fail(error, line)
    }

    /// True if there is more to do with the input at hand.
    func establish(_ agreement: TLSConnectionInformation, _ line: any TLSLine) -> Bool {
        guard self.machine.completeHandshake() else { return false }
        self.stopTimer()
        line.establish(agreement)
        return true
    }

    private func makeSession(_ line: any TLSLine) -> Bool {
        self.takeCurrentContext()
        do throws(TLSError) {
            self.session = try TLSSession(self.tls.makeSSL(peerHost: self.host, peerPort: self.port))
            return true
        } catch {
            self.fail(error, line)
            return false
        }
    }
}

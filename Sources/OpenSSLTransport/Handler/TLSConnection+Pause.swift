internal import NIOCore

// A handshake that waits for something off the event loop. Reads are held back meanwhile, so that what arrives is bounded
// by one read.

// MARK: A step on a thread

extension TLSConnection {
    /// Does the same as a step on the event loop, where it may block: to sign with a key that lies in a token takes as long
    /// as the token takes.
    func shakeHandsOnThread(
        _ session: TLSSession,
        _ ciphertext: ByteBuffer,
        limit: Int,
        _ line: any TLSLine
    ) {
        self.machine.pause(for: .step)
        // Nobody else can touch it then, not even to close.
        self.session = nil
        let errand = HandshakeErrand(session, ciphertext)
        self.errand = errand
        let available = ciphertext.readableBytes
        let step = self.tls.threads.run(replyOn: line.eventLoop) { errand.run(limit: limit) }
        step.assumeIsolated().whenComplete { result in
            guard let line = self.line, case .goOn(let inputHasEnded) = self.machine.resume() else { return }
            self.errand = nil
            guard case .success(let outcome?) = result else { return self.closeTransport(line) }
            self.session = outcome.session
            self.goOn(inputHasEnded: inputHasEnded, line) {
                self.handshakeInputCount += available - outcome.rest.readableBytes
                var rest = outcome.rest
                rest.writeBuffer(&self.ciphertext)
                self.ciphertext = rest
                return self.takeStep(outcome.step, of: outcome.session, line)
            }
        }
    }

    /// Takes up the handshake and all that has come meanwhile, as if it came in one read.
    ///
    /// - Parameter news: True if there is more to do with the input at hand: a step without any would be one too many.
    private func goOn(inputHasEnded: Bool, _ line: any TLSLine, _ news: () -> Bool) {
        self.isInRead = true
        if news() { self.processInput(line) }
        if inputHasEnded, !self.machine.isPaused { self.endInput(line) }
        line.endHeldRead()
        self.endRead(line)
        // The channel asked when the read that brought this was over, and was held back; it does not know that it has to ask
        // again now that something was handed on.
        line.readOn()
    }
}

// MARK: A socket that takes nothing

extension TLSConnection {
    /// Reads on after answers of TLS's own have waited for the socket. Later, since a flush may be in the middle of itself.
    func readHeldLater(_ line: any TLSLine) {
        line.eventLoop.assumeIsolated().execute {
            guard let line = self.line, case .goOn(let inputHasEnded) = self.machine.decongest() else { return }
            self.goOn(inputHasEnded: inputHasEnded, line) { true }
        }
    }
}

// MARK: A question to the program

/// To ask the program whether a peer whose handshake is over is welcome; see `approvePeer`.
struct Approval {
    let chain: TLSPeerChain
    let approve: @Sendable (TLSPeerChain) async throws -> Void

    /// Nil if there is nothing to ask, or nobody to ask about.
    init?(_ tls: TLSContext, _ ssl: OpaquePointer) {
        guard let approve = tls.settings.approvePeer, let chain = TLSPeerChain(verifiedBy: ssl, role: tls.role) else {
            return nil
        }
        self.chain = chain
        self.approve = approve
    }
}

extension TLSConnection {
    func ask(_ question: Approval, about agreement: TLSConnectionInformation, _ line: any TLSLine) {
        self.machine.pause(for: .approval)
        let loop = line.eventLoop
        let handler = NIOLoopBound(self, eventLoop: loop)
        self.approval = Task {
            var refusal: String?
            do { try await question.approve(question.chain) } catch { refusal = ProgramErrorText.of(error) }
            loop.execute { [refusal] in handler.value.answer(agreement, refusal) }
        }
    }

    private func answer(_ agreement: TLSConnectionInformation, _ refusal: String?) {
        self.approval = nil
        guard let line = self.line, case .goOn(let inputHasEnded) = self.machine.resume() else { return }
        self.goOn(inputHasEnded: inputHasEnded, line) {
            guard let session = self.session else { return false }
            if let refusal {
                let error = TLSError.refusedByProgram(
                    refusal,
                    ssl: session.ssl,
                    role: self.tls.role,
                    peerAddress: self.peer(line).address
                )
                self.refuse(error, session, line)
                return false
            }
            return self.establish(agreement, line)
        }
    }
}

internal import NIOCore

// From ciphertext to plaintext.

extension TLSConnection {
    func receive(_ bytes: ByteBuffer, _ line: any TLSLine) {
        if self.machine.inputAction == .discard { return self.discard(bytes.readableBytes, line) }
        var bytes = bytes
        if self.ciphertext.readableBytes == 0 {
            self.ciphertext = bytes
        } else {
            self.ciphertext.writeBuffer(&bytes)
        }
        self.processInput(line)
    }

    /// Takes what there is, a step at a time; each may change what is to be done next, and so may who hears of it.
    func processInput(_ line: any TLSLine) {
        guard !self.isProcessingInput else { return }
        self.isProcessingInput = true
        var goesOn = true
        while goesOn {
            switch self.machine.inputAction {
            case .inspect: goesOn = self.inspect(line)
            case .handshake: goesOn = self.shakeHands(line)
            case .decrypt: goesOn = self.decrypt(line)
            case .hold: goesOn = false
            case .discard:
                self.ciphertext = ByteBuffer()
                goesOn = false
            }
        }
        self.isProcessingInput = false
    }

    /// Decrypts at most as much as is fired in one read. True if there is more to do with the input at hand.
    private func decrypt(_ line: any TLSLine) -> Bool {
        guard let session = self.session else { return false }
        var ciphertext = ByteBuffer()
        swap(&ciphertext, &self.ciphertext)
        let bound = session.plaintextBound(ciphertextCount: ciphertext.readableBytes)
        guard bound > 0 else { return false }

        let step: TLSStep
        var plaintext: ByteBuffer?
        if var expected = self.expected {
            self.expected = nil  // so that its buffer is ours alone while it grows
            let limit = expected.prepareToRead()
            step = session.read(from: &ciphertext, into: &expected.bytes, limit: limit)
            if expected.missingCount > 0 {
                self.expected = expected
            } else {
                plaintext = expected.bytes
            }
        } else {
            let limit = min(bound, TLSConnectionLimits.decryptedAtOnce)
            var buffer = ByteBufferAllocator().buffer(capacity: limit)
            step = session.read(from: &ciphertext, into: &buffer, limit: limit)
            if step.count > 0 { plaintext = buffer }
        }
        if ciphertext.readableBytes > 0 { self.ciphertext = ciphertext }

        if step.failure == nil { self.writeOutput(of: session, line) }  // an alert is for the failure to send
        if let plaintext { self.fire(plaintext, line) }
        switch step.ending {
        case .complete:
            return true
        case .wantsMoreInput:
            // There is more if somebody who heard of this made the channel read.
            return self.ciphertext.readableBytes > 0
        case .closeNotify:
            self.receiveCloseNotify(line)
            return true
        case .flooded:
            self.refuse(.tooManyRecordsWithoutData(self.peer(line)), session, line)
            return false
        case .failed(let failure):
            self.fail(failure, of: session, line)
            return false
        }
    }

    private func receiveCloseNotify(_ line: any TLSLine) {
        let action = self.machine.receiveCloseNotify()
        guard action != .ignore else { return }
        self.fireUnfinished(line)
        line.endInput()
        if action == .announceAndClose { self.close(nil, line) }
    }

    private func fire(_ plaintext: ByteBuffer, _ line: any TLSLine) {
        self.readIsWanted = false
        line.receive(plaintext)
    }

    private func discard(_ count: Int, _ line: any TLSLine) {
        guard self.machine.isLingering else { return }
        self.lingerInputCount += count
        if self.lingerInputCount > self.limits.lingerInput { self.closeTransport(line) }
    }
}

// MARK: Bytes that belong together

extension TLSConnection {
    package func expect(_ count: Int, _ line: any TLSLine) {
        guard !self.machine.isClosing else { return }
        var collected = ByteBuffer()
        if let expected = self.expected { collected = expected.bytes }
        self.expected = nil
        if count > collected.readableBytes {
            var expected = ExpectedPlaintext(count: count, allocator: ByteBufferAllocator())
            expected.bytes.writeBuffer(&collected)
            self.expected = expected
            return
        }
        if count > 0, let whole = collected.readSlice(length: count) { self.fire(whole, line) }
        if collected.readableBytes > 0 { self.fire(collected, line) }
    }

    /// When no more bytes will come, those that are there are better than none.
    func fireUnfinished(_ line: any TLSLine) {
        guard let expected = self.expected else { return }
        self.expected = nil
        if expected.bytes.readableBytes > 0 { self.fire(expected.bytes, line) }
    }
}

package import NIOCore

// From plaintext to ciphertext.

extension TLSConnection {
    package func enqueue(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ line: any TLSLine) {
        if case .fail(let error) = self.machine.writeAction {
            promise?.fail(self.failure ?? error)
            return
        }
        guard !self.pending.append(bytes, promise: promise) else { return }
        let error = TLSError.plaintextLimitExceeded(
            bytes.readableBytes,
            waiting: self.pending.byteCount,
            limit: self.pending.limit,
            phase: self.machine.phase,
            self.peer(line)
        )
        if let promise {
            promise.fail(error)
        } else {
            // A hole in the stream that nobody knows of would be worse.
            self.fail(error, line)
        }
    }

    /// Sends bytes with the next flush, at once if nothing stands before them and they make one record: they need not queue up
    /// then.
    package func write(_ bytes: ByteBuffer, _ line: any TLSLine) {
        guard bytes.readableBytes <= TLSConnectionLimits.recordLength, self.pending.isEmpty, !self.isEncrypting,
            self.machine.canEncrypt, line.isWritable, let session = self.session
        else { return self.enqueue(bytes, nil, line) }
        self.isEncrypting = true
        var output = ByteBufferAllocator().buffer(
            capacity: bytes.readableBytes + TLSConnectionLimits.recordOverhead
        )
        let ending = Self.encrypt(bytes, bytes.readableBytes, session, into: &output)
        self.needsFlush = true
        line.send(output, promise: nil)
        self.isEncrypting = false
        if case .failed(let failure) = ending { self.fail(failure, of: session, line) }
    }

    /// Sends what was flushed, as far as the channel takes it, and closes if that was the last.
    func sendPending(_ line: any TLSLine) {
        self.encryptPending(line)
        if self.needsFlush { self.flushTransport(line) }
        guard !self.isEncrypting, !self.pending.hasFlushed, self.machine.canEncrypt else { return }
        if self.machine.drain() == .sendCloseNotify { self.sendCloseNotify(line) }
    }

    /// Writes what the session has for the peer besides data.
    func writeOutput(of session: TLSSession, _ line: any TLSLine) {
        guard session.hasOutput else { return }
        var output = ByteBuffer()
        session.takeOutput(into: &output)
        self.needsFlush = true
        if !line.isWritable {
            self.machine.answerInVain(output.readableBytes, limit: self.limits.waitingAnswers)
        }
        line.send(output, promise: nil)
        line.noteAnswer()
    }

    func flushTransport(_ line: any TLSLine) {
        self.needsFlush = false
        line.flushSent()
    }

    /// A write can make the channel unwritable, and a flush writable again: either comes back here while it goes on.
    private func encryptPending(_ line: any TLSLine) {
        guard !self.isEncrypting else { return }
        self.isEncrypting = true
        if self.pending.hasFlushed { self.noteActivity(line) }
        while self.machine.canEncrypt, self.pending.hasFlushed, line.isWritable {
            guard let session = self.session else { break }
            self.encryptBatch(session, line)
        }
        self.isEncrypting = false
    }

    /// Encrypts as much as is written to the channel in one piece.
    private func encryptBatch(_ session: TLSSession, _ line: any TLSLine) {
        let allocator = ByteBufferAllocator()
        var room = min(self.pending.flushedByteCount, TLSConnectionLimits.encryptedAtOnce)
        var output = allocator.buffer(
            capacity: room + (room / TLSConnectionLimits.recordLength * 2 + 2) * TLSConnectionLimits.recordOverhead
        )
        var promise: EventLoopPromise<Void>?
        var failure: OpenSSLFailure?
        repeat {
            let (joinedWrites, joinedBytes) = self.pending.wholeWrites(
                limit: min(room, TLSConnectionLimits.recordLength)
            )
            let ending: TLSStep.Ending
            if joinedWrites > 1 {
                var record = allocator.buffer(capacity: joinedBytes)
                for _ in 0..<joinedWrites {
                    var bytes = self.pending.firstBytes
                    self.pending.consumeFirst(record.writeBuffer(&bytes)).complete(with: &promise)
                }
                ending = Self.encrypt(record, joinedBytes, session, into: &output)
                room -= joinedBytes
            } else {
                let bytes = self.pending.firstBytes
                let count = min(bytes.readableBytes, room)
                ending = Self.encrypt(bytes, count, session, into: &output)
                self.pending.consumeFirst(count).complete(with: &promise)
                room -= count
            }
            if case .failed(let reason) = ending { failure = reason }
        } while failure == nil && self.fillsRecords(room)

        self.needsFlush = true
        line.send(output, promise: promise)
        if let failure { self.fail(failure, of: session, line) }
    }

    /// Whether a batch with that much room left can take more without a record that is cut short.
    private func fillsRecords(_ room: Int) -> Bool {
        self.pending.hasFlushed && room > 0
            && (room >= TLSConnectionLimits.recordLength || self.pending.firstBytes.readableBytes <= room)
    }

    private static func encrypt(
        _ bytes: ByteBuffer,
        _ count: Int,
        _ session: TLSSession,
        into output: inout ByteBuffer
    ) -> TLSStep.Ending {
        guard count > 0 else { return .complete }
        return bytes.withUnsafeReadableBytes {
            session.write(UnsafeRawBufferPointer(rebasing: $0.prefix(count)), into: &output).ending
        }
    }
}

extension Optional where Wrapped == EventLoopPromise<Void> {
    /// Has the promise, if there is one, completed together with `other`, and after those that already are.
    fileprivate func complete(with other: inout EventLoopPromise<Void>?) {
        guard let self else { return }
        guard let other else {
            other = self
            return
        }
        other.futureResult.cascade(to: self)
    }
}

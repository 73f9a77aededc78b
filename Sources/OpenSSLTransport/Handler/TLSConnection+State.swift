internal import LoopState
internal import NIOCore

extension TLSConnection {
    /// The variables that every read and write touches; each is a `LoopState` of its own, since several are in use at once.
    struct HotState: ~Copyable {
        let machine: LoopState<TLSStateMachine>
        let pending: LoopState<PlaintextQueue>
        let ciphertext = LoopState(ByteBuffer())
        let expected = LoopState<ExpectedPlaintext?>(nil)
        let session = LoopState<TLSSession?>(nil)
        let line = LoopState<(any TLSLine)?>(nil)
        let idleTimer = LoopState<Scheduled<Void>?>(nil)
        let activityCount = LoopState(0)
        let isProcessingInput = LoopState(false)
        let isInRead = LoopState(false)
        let readIsWanted = LoopState(false)
        let isEncrypting = LoopState(false)
        let needsFlush = LoopState(false)

        init(role: TLSRole, pendingPlaintext: Int) {
            machine = LoopState(TLSStateMachine(role: role))
            pending = LoopState(PlaintextQueue(limit: pendingPlaintext))
        }
    }

    var machine: TLSStateMachine {
        _read { yield self.hot.machine.value }
        _modify { yield &self.hot.machine.value }
    }

    /// What was written and not yet encrypted.
    var pending: PlaintextQueue {
        _read { yield self.hot.pending.value }
        _modify { yield &self.hot.pending.value }
    }

    /// What one read brought and no step has taken yet.
    var ciphertext: ByteBuffer {
        _read { yield self.hot.ciphertext.value }
        _modify { yield &self.hot.ciphertext.value }
    }

    /// The bytes that belong together and are being collected.
    var expected: ExpectedPlaintext? {
        _read { yield self.hot.expected.value }
        _modify { yield &self.hot.expected.value }
    }

    var session: TLSSession? {
        get { self.hot.session.value }
        set { self.hot.session.value = newValue }
    }

    /// Set while the handler is in a pipeline; timers act on it.
    var line: (any TLSLine)? {
        get { self.hot.line.value }
        set { self.hot.line.value = newValue }
    }

    /// Set while the session may hold record buffers.
    var idleTimer: Scheduled<Void>? {
        get { self.hot.idleTimer.value }
        set { self.hot.idleTimer.value = newValue }
    }

    /// How often bytes have moved since the idle timer was set.
    var activityCount: Int {
        get { self.hot.activityCount.value }
        set { self.hot.activityCount.value = newValue }
    }

    var isProcessingInput: Bool {
        get { self.hot.isProcessingInput.value }
        set { self.hot.isProcessingInput.value = newValue }
    }

    /// Between a read and its end, when writes are collected for one flush.
    var isInRead: Bool {
        get { self.hot.isInRead.value }
        set { self.hot.isInRead.value = newValue }
    }

    /// Somebody above has asked for a read and got nothing yet.
    var readIsWanted: Bool {
        get { self.hot.readIsWanted.value }
        set { self.hot.readIsWanted.value = newValue }
    }

    var isEncrypting: Bool {
        get { self.hot.isEncrypting.value }
        set { self.hot.isEncrypting.value = newValue }
    }

    /// Ciphertext was written to the channel and not flushed.
    var needsFlush: Bool {
        get { self.hot.needsFlush.value }
        set { self.hot.needsFlush.value = newValue }
    }
}

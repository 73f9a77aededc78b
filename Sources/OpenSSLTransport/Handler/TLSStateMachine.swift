internal import NIOCore

/// Where a TLS connection stands, and what is to be done about each thing that happens to it. Decides; the handler acts.
///
/// ```
/// idle ── handshaking ── established ── sendingRest ── lingering ── closed
///   └────────┴──────────────┴───────── failure ──────────┘
/// ```
///
/// A handshake can pause: a step of it runs on a thread, or somebody is asked whether the peer is welcome. Input is held
/// meanwhile, and time goes on.
struct TLSStateMachine {
    /// For the machine's own files.
    enum State {
        /// Not connected yet; or a server to which nothing was sent, and which has made no session.
        case idle(connected: Bool)
        case handshaking(Handshake)
        case established(Established)
        /// Closing in order: what was flushed still goes out, then close_notify. Input is discarded.
        case sendingRest
        /// Our last words, close_notify or an alert, are on their way or sent. Input is discarded, within limits, for a
        /// socket closed with input unread resets the connection, and takes those words along.
        case lingering(goodbyeSent: Bool)
        case closed
    }

    struct Handshake {
        var progress: TLSHandshakeProgress
        var halfCloseAfterwards = false
        var pause: Pause?
    }

    /// What a handshake waits for that is neither the peer nor the event loop.
    enum Pause { case step, approval }

    struct Established {
        var input = Input.open
        var output = Output.open
        /// What TLS has answered by itself and the socket has not been ready to take.
        var waitingAnswers = 0
        var isCongested = false

        enum Input { case open, closed }
        enum Output { case open, sendingRest, sendingGoodbye, closed }
    }

    let role: TLSRole
    var state = State.idle(connected: false)
    /// The peer's end of the transport below: it can end before, with or long after TLS does.
    var transportInputIsOpen = true

    init(role: TLSRole) { self.role = role }
}

// MARK: Connecting and the handshake

extension TLSStateMachine {
    enum ConnectAction: Equatable { case sendHello, awaitHello, ignore }

    mutating func connect() -> ConnectAction {
        guard case .idle(connected: false) = self.state else { return .ignore }
        guard self.role == .client else {
            self.state = .idle(connected: true)
            return .awaitHello
        }
        self.state = .handshaking(Handshake(progress: .nothingReceived))
        return .sendHello
    }

    /// The peer's first bytes are TLS.
    mutating func acceptFirstBytes() {
        switch self.state {
        case .idle(connected: true): self.state = .handshaking(Handshake(progress: .begun))
        case .handshaking(var handshake):
            handshake.progress = .begun
            self.state = .handshaking(handshake)
        default: break
        }
    }

    /// A flight of ours has gone out after the peer's first.
    mutating func answer() {
        guard case .handshaking(var handshake) = self.state, handshake.progress == .begun else { return }
        handshake.progress = .answered
        self.state = .handshaking(handshake)
    }

    mutating func pause(for reason: Pause) {
        guard case .handshaking(var handshake) = self.state else { return }
        handshake.pause = reason
        self.state = .handshaking(handshake)
    }

    enum ResumeAction: Equatable {
        /// With the news of the input's end, which came meanwhile and was held like all input.
        case goOn(inputHasEnded: Bool)
        /// Nobody waits for that any more.
        case ignore
    }

    mutating func resume() -> ResumeAction {
        guard case .handshaking(var handshake) = self.state, handshake.pause != nil else { return .ignore }
        handshake.pause = nil
        self.state = .handshaking(handshake)
        return .goOn(inputHasEnded: !self.transportInputIsOpen)
    }

    var isPaused: Bool { if case .handshaking(let handshake) = self.state { handshake.pause != nil } else { false } }

    /// Whether what comes waits, and nothing more is to be read.
    var holdsInput: Bool { self.isPaused || self.isCongested }

    var isCongested: Bool {
        if case .established(let established) = self.state { established.isCongested } else { false }
    }

    /// False if nobody waits for that any more.
    mutating func completeHandshake() -> Bool {
        guard case .handshaking(let handshake) = self.state else { return false }
        self.state = .established(Established(output: handshake.halfCloseAfterwards ? .sendingRest : .open))
        return true
    }
}

// MARK: Input

extension TLSStateMachine {
    enum InputAction: Equatable { case inspect, handshake, decrypt, hold, discard }

    /// What to do with ciphertext.
    var inputAction: InputAction {
        switch self.state {
        case .idle(connected: true): .inspect
        case .handshaking(let handshake) where handshake.pause != nil: .hold
        case .handshaking(let handshake):
            handshake.progress == .begun || handshake.progress == .answered ? .handshake : .inspect
        case .established(let established) where established.input == .closed: .discard
        case .established(let established): established.isCongested ? .hold : .decrypt
        case .idle(connected: false), .sendingRest, .lingering, .closed: .discard
        }
    }

    enum CloseNotifyAction: Equatable { case announce, announceAndClose, ignore }

    /// The peer will send nothing more. We still may: its requests can be waiting for our replies.
    mutating func receiveCloseNotify() -> CloseNotifyAction {
        guard case .established(var established) = self.state, established.input == .open else { return .ignore }
        established.input = .closed
        self.state = .established(established)
        return established.output == .closed ? .announceAndClose : .announce
    }

    enum EndOfInputAction: Equatable { case fail, finishClosing, ignore }

    /// The peer's end of the transport is closed, by intent or because the line broke.
    mutating func receiveEndOfInput() -> EndOfInputAction {
        self.transportInputIsOpen = false
        switch self.state {
        case .handshaking(let handshake) where handshake.pause != nil: return .ignore
        case .idle(connected: true), .handshaking: return .fail
        case .established(let established):
            if established.input == .open { return established.isCongested ? .ignore : .fail }
            return established.output == .closed ? .finishClosing : .ignore
        case .lingering(let goodbyeSent): return goodbyeSent ? .finishClosing : .ignore
        case .idle(connected: false), .sendingRest, .closed: return .ignore
        }
    }
}

// MARK: Output

extension TLSStateMachine {
    enum WriteAction: Equatable { case enqueue, fail(ChannelError) }

    var writeAction: WriteAction {
        switch self.state {
        case .idle: return .enqueue
        case .handshaking(let handshake): return handshake.halfCloseAfterwards ? .fail(.outputClosed) : .enqueue
        case .established(let established): return established.output == .open ? .enqueue : .fail(.outputClosed)
        case .sendingRest, .lingering, .closed: return .fail(.ioOnClosedChannel)
        }
    }

    /// Whether plaintext may be encrypted now.
    var canEncrypt: Bool {
        switch self.state {
        case .established(let established): established.output == .open || established.output == .sendingRest
        case .sendingRest: true
        case .idle, .handshaking, .lingering, .closed: false
        }
    }

    /// TLS has answered the peer by itself (a key update, say), and the socket was not ready to take it. Little of that is
    /// let past, for it may come into the middle of a long message of ours that the peer reads only after one of its own.
    mutating func answerInVain(_ count: Int, limit: Int) {
        guard case .established(var established) = self.state else { return }
        established.waitingAnswers &+= count
        established.isCongested = established.waitingAnswers > limit
        self.state = .established(established)
    }

    /// The socket has taken what waited.
    mutating func decongest() -> ResumeAction {
        guard case .established(var established) = self.state else { return .ignore }
        let wasCongested = established.isCongested
        established.waitingAnswers = 0
        established.isCongested = false
        self.state = .established(established)
        return wasCongested ? .goOn(inputHasEnded: !self.transportInputIsOpen) : .ignore
    }

    enum DrainedAction: Equatable { case goOn, sendCloseNotify }

    /// All that was flushed is encrypted.
    mutating func drain() -> DrainedAction {
        switch self.state {
        case .established(var established) where established.output == .sendingRest:
            established.output = .sendingGoodbye
            self.state = .established(established)
            return .sendCloseNotify
        case .sendingRest:
            self.state = .lingering(goodbyeSent: false)
            return .sendCloseNotify
        case .idle, .handshaking, .established, .lingering, .closed: return .goOn
        }
    }
}

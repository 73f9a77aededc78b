internal import NIOCore

/// Where a TLS connection stands, and what is to be done about each thing that happens to it. Decides; the handler acts.
///
/// ```
/// idle ── handshaking ── established ── sendingRest ── lingering ── closed
///   └────────┴──────────────┴───────── failure ──────────┘
/// ```
struct TLSStateMachine {
    private enum State {
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

    private struct Handshake { var progress: TLSHandshakeProgress, halfCloseAfterwards = false }

    private struct Established {
        var input = Input.open
        var output = Output.open

        enum Input { case open, closed }
        enum Output { case open, sendingRest, sendingGoodbye, closed }
    }

    let role: TLSRole
    private var state = State.idle(connected: false)
    /// The peer's end of the transport below: it can end before, with or long after TLS does.
    private var transportInputIsOpen = true

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

    /// False if nobody waits for that any more.
    mutating func completeHandshake() -> Bool {
        guard case .handshaking(let handshake) = self.state else { return false }
        self.state = .established(Established(output: handshake.halfCloseAfterwards ? .sendingRest : .open))
        return true
    }
}

// MARK: Input

extension TLSStateMachine {
    enum InputAction: Equatable { case inspect, handshake, decrypt, discard }

    /// What to do with ciphertext.
    var inputAction: InputAction {
        switch self.state {
        case .idle(connected: true): .inspect
        case .handshaking(let handshake):
            handshake.progress == .begun || handshake.progress == .answered ? .handshake : .inspect
        case .established(let established): established.input == .open ? .decrypt : .discard
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
        case .idle(connected: true), .handshaking: return .fail
        case .established(let established):
            if established.input == .open { return .fail }
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

// MARK: Closing

extension TLSStateMachine {
    enum CloseAction: Equatable {
        /// Nothing of TLS to end.
        case closeTransport
        /// Send what was flushed, then say goodbye.
        case sendRest
        /// The goodbye was said when the output was closed: wait for the peer, within limits.
        case linger
        /// The same, but the goodbye has not left yet.
        case awaitGoodbye
        /// Somebody is at it: complete with them.
        case join
        case fail(ChannelError)
    }

    mutating func close() -> CloseAction {
        switch self.state {
        case .idle, .handshaking:
            self.state = .closed
            return .closeTransport
        case .established(let established):
            switch established.output {
            case .open, .sendingRest:
                self.state = .sendingRest
                return .sendRest
            case .sendingGoodbye:
                self.state = .lingering(goodbyeSent: false)
                return .awaitGoodbye
            case .closed:
                guard self.transportInputIsOpen, established.input == .open else {
                    self.state = .closed
                    return .closeTransport
                }
                self.state = .lingering(goodbyeSent: true)
                return .linger
            }
        case .sendingRest, .lingering: return .join
        case .closed: return .fail(.alreadyClosed)
        }
    }

    mutating func closeOutput() -> CloseAction {
        switch self.state {
        case .idle(connected: false): return .fail(.operationUnsupported)
        case .idle(connected: true):  // a server that has not been greeted has nobody to answer
            self.state = .closed
            return .closeTransport
        case .handshaking(var handshake):
            guard !handshake.halfCloseAfterwards else { return .join }
            handshake.halfCloseAfterwards = true
            self.state = .handshaking(handshake)
            return .sendRest
        case .established(var established):
            switch established.output {
            case .open:
                established.output = .sendingRest
                self.state = .established(established)
                return .sendRest
            case .sendingRest, .sendingGoodbye: return .join
            case .closed: return .fail(.outputClosed)
            }
        case .sendingRest, .lingering: return .fail(.outputClosed)
        case .closed: return .fail(.alreadyClosed)
        }
    }

    enum GoodbyeAction: Equatable { case closeOutput, closeTransport, ignore }

    /// close_notify, or an alert, has left for the peer.
    mutating func sentGoodbye() -> GoodbyeAction {
        switch self.state {
        case .established(var established):
            guard established.input == .open, self.transportInputIsOpen else {
                self.state = .closed
                return .closeTransport
            }
            established.output = .closed
            self.state = .established(established)
            return .closeOutput
        case .lingering:
            guard self.transportInputIsOpen else {
                self.state = .closed
                return .closeTransport
            }
            self.state = .lingering(goodbyeSent: true)
            return .closeOutput
        case .idle, .handshaking, .sendingRest, .closed: return .ignore
        }
    }

    enum FailAction: Equatable { case report, closeQuietly, ignore }

    /// Only the first failure is reported, and none to somebody who is closing.
    mutating func fail() -> FailAction {
        switch self.state {
        case .idle, .handshaking, .established:
            self.state = .lingering(goodbyeSent: false)
            return .report
        case .sendingRest:
            self.state = .lingering(goodbyeSent: false)
            return .closeQuietly
        case .lingering, .closed: return .ignore
        }
    }

    mutating func finish() { self.state = .closed }

    enum TimeoutAction: Equatable { case failHandshake(TLSHandshakeProgress), closeTransport, ignore }

    mutating func timeOut() -> TimeoutAction {
        switch self.state {
        case .idle: return .failHandshake(.nothingReceived)
        case .handshaking(let handshake): return .failHandshake(handshake.progress)
        case .sendingRest, .lingering:
            self.state = .closed
            return .closeTransport
        case .established, .closed: return .ignore
        }
    }

    /// For the errors.
    var phase: TLSError.Phase {
        switch self.state {
        case .idle, .handshaking: .handshake
        case .established: .established
        case .sendingRest, .lingering, .closed: .closing
        }
    }

    var isHandshaking: Bool { self.phase == .handshake }
    var isClosing: Bool { self.phase == .closing }
    var isClosed: Bool { if case .closed = self.state { true } else { false } }
    var isLingering: Bool { if case .lingering = self.state { true } else { false } }
}

internal import NIOCore

// The end of a connection.

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
        case .handshaking(let handshake):
            switch handshake.pause {
            case .step: return .failHandshake(.computing)
            case .approval: return .failHandshake(.approving)
            case nil: return .failHandshake(handshake.progress)
            }
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

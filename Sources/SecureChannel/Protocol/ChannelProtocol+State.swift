internal import LoopState
internal import NIOCore

extension ChannelProtocol {
    /// How far the connection has come.
    enum State {
        case active
        /// Bytes that were read wait until the channel goes on.
        case paused
        /// What was written is being sent; what comes is thrown away.
        case closing
        /// All is handed to the transport, and waited for until the socket has taken it.
        case flushing
        /// The peer has been told that this was all; its own end is waited for.
        case lingering
        case closed
    }

    /// The variables that every message touches; each is a ``LoopState`` of its own, since several are in use at once.
    struct HotState: ~Copyable {
        let state = LoopState(State.active)
        let decoder: LoopState<FrameDecoder>
        let outbox = LoopState(Outbox())
        let isFlushRegistered = LoopState(false)
        let isReading = LoopState(false)
        let transport = LoopState<(any Transport)?>(nil)
        let hasReceived = LoopState(false)
        let delegate = LoopState<(any ChannelProtocolDelegate)?>(nil)

        init(maximumMessageSize: Int) {
            decoder = LoopState(FrameDecoder(maximumLength: maximumMessageSize))
        }
    }

    var state: State {
        get { hot.state.value }
        set { hot.state.value = newValue }
    }

    var decoder: FrameDecoder {
        _read { yield hot.decoder.value }
        _modify { yield &hot.decoder.value }
    }

    var outbox: Outbox {
        _read { yield hot.outbox.value }
        _modify { yield &hot.outbox.value }
    }

    var isFlushRegistered: Bool {
        get { hot.isFlushRegistered.value }
        set { hot.isFlushRegistered.value = newValue }
    }

    /// Between a read and its end, when what is written is flushed at that end.
    var isReading: Bool {
        get { hot.isReading.value }
        set { hot.isReading.value = newValue }
    }

    /// Whether the peer has said anything.
    var hasReceived: Bool {
        get { hot.hasReceived.value }
        set { hot.hasReceived.value = newValue }
    }

    /// Set while there is one.
    var transport: (any Transport)? {
        get { hot.transport.value }
        set { hot.transport.value = newValue }
    }

    /// Held until the transport is gone; it holds this handler in turn.
    var delegate: (any ChannelProtocolDelegate)? {
        get { hot.delegate.value }
        set { hot.delegate.value = newValue }
    }
}

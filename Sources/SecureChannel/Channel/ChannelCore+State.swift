internal import DequeModule
internal import LoopState
internal import NIOCore

extension ChannelCore {
    /// Where a channel is between its beginning and its end.
    enum State {
        case open
        /// Open requests are finished and pending calls waited for; then the channel closes.
        case draining(inputEnded: Bool)
        /// Nothing is pending any more; what was written is on its way.
        case closing(ChannelError)
        case closed(ChannelError)
    }

    /// The variables that every message touches; each is a ``LoopState`` of its own, since several are in use at once.
    struct HotState: ~Copyable {
        let state = LoopState(State.open)
        let calls: LoopState<CallTable<CallContinuation>>
        let waitingCalls = LoopState(CallQueue<WaitingCall>())
        let inbox: LoopState<RequestInbox<RequestContinuation>>
        let lateFailures = LoopState(Deque<LateFailure>())
        let roomWaiters = LoopState(Deque<UnsafeContinuation<Void, Never>>())
        let isOfferingRoom = LoopState(false)
        let isDispatchRegistered = LoopState(false)
        let isLookRegistered = LoopState(false)
        let earlyReplies = LoopState<[UInt64: Reply]>([:])
        let nearestDeadline = LoopState(NIODeadline.distantFuture)

        init(_ configuration: ChannelConfiguration) {
            calls = LoopState(
                CallTable(
                    maximumCount: configuration.maximumOutstandingCalls,
                    maximumBytes: configuration.maximumOutstandingBytes
                )
            )
            inbox = LoopState(
                RequestInbox(
                    maximumCount: configuration.maximumOpenRequests,
                    maximumBytes: configuration.maximumOpenBytes
                )
            )
        }
    }

    typealias LateFailure = (request: IncomingRequest, text: String)

    var state: State {
        _read { yield hot.state.value }
        _modify { yield &hot.state.value }
    }

    var calls: CallTable<CallContinuation> {
        _read { yield hot.calls.value }
        _modify { yield &hot.calls.value }
    }

    /// Requests beyond the limits, in the order of their `send`s.
    var waitingCalls: CallQueue<WaitingCall> {
        _read { yield hot.waitingCalls.value }
        _modify { yield &hot.waitingCalls.value }
    }

    var inbox: RequestInbox<RequestContinuation> {
        _read { yield hot.inbox.value }
        _modify { yield &hot.inbox.value }
    }

    /// Replies that wait until the socket has taken some of what waits before them.
    var lateFailures: Deque<LateFailure> {
        _read { yield hot.lateFailures.value }
        _modify { yield &hot.lateFailures.value }
    }

    /// Those who wait until there is room to write a reply.
    var roomWaiters: Deque<UnsafeContinuation<Void, Never>> {
        _read { yield hot.roomWaiters.value }
        _modify { yield &hot.roomWaiters.value }
    }

    var isOfferingRoom: Bool {
        get { hot.isOfferingRoom.value }
        set { hot.isOfferingRoom.value = newValue }
    }

    var isDispatchRegistered: Bool {
        get { hot.isDispatchRegistered.value }
        set { hot.isDispatchRegistered.value = newValue }
    }

    /// Whether the executor will ask for the end of brief waits.
    var isLookRegistered: Bool {
        get { hot.isLookRegistered.value }
        set { hot.isLookRegistered.value = newValue }
    }

    /// Replies that came while those who waited for them were away, by id.
    var earlyReplies: [UInt64: Reply] {
        _read { yield hot.earlyReplies.value }
        _modify { yield &hot.earlyReplies.value }
    }

    /// When the timer of calls' deadlines goes off.
    var nearestDeadline: NIODeadline {
        get { hot.nearestDeadline.value }
        set { hot.nearestDeadline.value = newValue }
    }
}

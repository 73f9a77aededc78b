internal import DequeModule
internal import Logging
internal import NIOCore
internal import OpenSSLTransport

/// Everything of one channel that lives on its event loop: its calls, its incoming requests, its end.
///
/// Nothing here is touched from anywhere else, so there is no lock. The decisions are with the values (``CallTable``,
/// ``RequestInbox``); this class carries them out and wakes whoever waits.
final class ChannelCore {
    let loop: any EventLoop
    let codec: any Codec
    let configuration: ChannelConfiguration
    let peer: String
    let channelProtocol: ChannelProtocol

    // What every message touches. Swift checks every access to a class's variables for overlaps (`swift_beginAccess`); for the
    // few that each message touches a dozen times that was a quarter of all instructions. Without the check one rule has to
    // hold: while a value is being changed in place, nothing is called that comes back to the same value. Debug builds, and
    // with them all tests, still check it.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var state = State.open
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var calls: CallTable<CallContinuation>
    /// Requests beyond the limits, in the order of their `send`s.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var waitingCalls = CallQueue<WaitingCall>()
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var inbox: RequestInbox<RequestContinuation>
    /// Replies that wait until the socket has taken some of what waits before them.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var lateFailures = Deque<(request: IncomingRequest, text: String)>()
    /// Those who wait until there is room to write a reply.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var roomWaiters = Deque<UnsafeContinuation<Void, Never>>()
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isOfferingRoom = false
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isDispatchRegistered = false
    /// Whether the executor will ask for the end of brief waits.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isLookRegistered = false
    /// Replies that came while those who waited for them were away, by id.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var earlyReplies: [UInt64: Reply] = [:]
    /// When the timer of calls' deadlines goes off.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var nearestDeadline = NIODeadline.distantFuture

    /// What requests are refused with while the channel is drained.
    var refusal: RefusalText?
    /// Until requests on a connection that is not accepted have had their time to come.
    private var refusalTask: Scheduled<Void>?
    /// Whoever runs `serve`, until its handlers should stop.
    var servingEndWaiter: RequestContinuation?
    /// Who receives or serves, or did last.
    var receiving: Receiving?
    let executor: LoopExecutor
    /// The connection of a channel over TLS.
    var tls: TLSConnection?
    /// Of channels over TLS whose configuration asks for it.
    var peerWatch: PeerWatch?
    /// Whoever closed the channel has logged why.
    var endWasLogged = false
    /// Of a server's channels.
    var breachLog: BreachLog?
    /// Handlers that have this channel drained, and wait for the others.
    var drainingHandlers: [ObjectIdentifier: [UnsafeContinuation<Void, Never>]] = [:]
    var closeWaiters: [UnsafeContinuation<Void, Never>] = []
    private var deadlineTask: Scheduled<Void>?
    /// While calls that were given up hold all places.
    var placesTask: Scheduled<Void>?
    private var drainTask: Scheduled<Void>?
    private var readiness = Readiness.unknown

    private enum Readiness {
        case unknown
        case awaited((Result<TLSConnectionInformation?, ChannelError>) -> Void)
        case known(Result<TLSConnectionInformation?, ChannelError>)
    }

    init(codec: any Codec, configuration: ChannelConfiguration, peer: String, executor: LoopExecutor) {
        self.loop = executor.loop
        self.executor = executor
        self.codec = codec
        self.configuration = configuration
        self.peer = peer
        self.calls = CallTable(
            maximumCount: configuration.maximumOutboundCalls,
            maximumBytes: configuration.maximumOutboundBytes
        )
        self.inbox = RequestInbox(
            maximumCount: configuration.maximumInboundRequests,
            maximumBytes: configuration.maximumInboundBytes
        )
        self.channelProtocol = ChannelProtocol(
            codec: codec,
            configuration: configuration,
            peer: peer,
            executor: executor
        )
        channelProtocol.delegate = self
    }

    /// Why nothing more can be asked of this channel; nil while something can.
    var failure: ChannelError? {
        switch state {
        case .open, .draining(inputEnded: false): nil
        case .draining(inputEnded: true): closedByPeer
        case .closing(let error), .closed(let error): error
        }
    }

    /// Whether what is written now goes nowhere.
    var isClosing: Bool {
        switch state {
        case .open, .draining: false
        case .closing, .closed: true
        }
    }

    /// Calls once, when the transport is ready or when it is clear that it never will be; at once if that is known.
    func whenReady(_ call: @escaping (Result<TLSConnectionInformation?, ChannelError>) -> Void) {
        if case .known(let result) = readiness { call(result) } else { readiness = .awaited(call) }
    }

    func becomeReady(_ result: Result<TLSConnectionInformation?, ChannelError>) {
        switch readiness {
        case .known:
            return
        case .unknown:
            readiness = .known(result)
        case .awaited(let call):
            readiness = .known(result)
            call(result)
        }
    }

    // MARK: Closing

    /// Sends what was written, tells the peer, and closes. What waits on this channel fails with `error`.
    ///
    /// - Parameter isPatient: gives the peer as long as it takes to read what was written, if it only reads.
    func close(_ error: ChannelError? = nil, isPatient: Bool = false) {
        switch state {
        case .closed:
            return
        case .closing:
            channelProtocol.close(isPatient: isPatient)
        case .open, .draining:
            let error = error ?? .closed(by: "this side", peer: peer)
            state = .closing(error)
            wakeEverybody(error)
            channelProtocol.close(isPatient: isPatient)
        }
    }

    /// Finishes what was begun, then closes: open requests are answered and pending calls waited for, at most for the
    /// drain timeout.
    ///
    /// - Parameter failQueued: nobody will take the requests that wait, so they fail.
    func drain(failQueued: Bool) {
        switch state {
        case .closing, .closed: return
        case .open: begin(.draining(inputEnded: false))
        case .draining: break
        }
        if failQueued {
            for request in inbox.removeQueued() { refuse(request) }
        }
        if inbox.queuedCount == 0 { endReceivers(.closed(by: "this side", peer: peer)) }
        closeIfDrained()
    }

    /// Answers all requests that come within a second with a refusal, so that the other side learns of it; then closes. It is
    /// over at once when the other side ends.
    func turnAway() {
        guard case .open = state else { return close() }
        refusal = .notAccepted
        state = .draining(inputEnded: false)
        refusalTask = loop.assumeIsolated().scheduleTask(in: Self.refusalTime) {
            self.refusalTask = nil
            self.close()
        }
        channelProtocol.resume()
    }

    /// Resumes when the channel is closed, which it is in bounded time once something has closed it.
    func whenClosed(_ continuation: UnsafeContinuation<Void, Never>) {
        if case .closed = state { continuation.resume() } else { closeWaiters.append(continuation) }
    }

    func begin(_ draining: State) {
        state = draining
        guard drainTask == nil else { return }
        drainTask = loop.assumeIsolated().scheduleTask(in: .bounded(configuration.drainTimeout)) {
            self.drainTask = nil
            self.close(
                ChannelError(
                    .connectionClosed,
                    "The channel to \(self.peer) was closed before all its requests were answered: that took longer than "
                        + "\(self.configuration.drainTimeout).",
                    address: self.peer,
                    phase: .closing,
                    hint: "Raise drainTimeout, or find the handler that does not end."
                )
            )
        }
    }

    func closeIfDrained() {
        resumeDrainingHandlers()
        guard case .draining = state, inbox.openCount == 0, calls.waitingCount == 0, waitingCalls.isEmpty,
            refusalTask == nil
        else { return }
        close(failure, isPatient: true)
    }

    var closedByPeer: ChannelError { withCodec(.closed(by: "the peer", peer: peer)) }

    /// A peer that does not understand this side's codec ends the channel, and cannot say why.
    func withCodec(_ error: ChannelError) -> ChannelError {
        let isUnanswered = calls.nextID > 0 && !channelProtocol.hasReceived
        switch error.code {
        case .connectionClosed where isUnanswered, .connectionReset where isUnanswered:
            return error.unanswered(in: codec)
        default:
            return error
        }
    }

    /// - Parameter isGone: the transport is gone, so what still waits for it is never sent.
    func wakeEverybody(_ error: ChannelError, isGone: Bool = false) {
        deadlineTask?.cancel()
        deadlineTask = nil
        nearestDeadline = .distantFuture
        drainTask?.cancel()
        drainTask = nil
        placesTask?.cancel()
        placesTask = nil
        endRefusal()
        peerWatch?.end()
        peerWatch = nil
        failCalls(error, isGone: isGone)
        endReceivers(error)
        endServingWait(error)
        for request in inbox.removeQueued() { inbox.answered(size: request.size) }
        lateFailures.removeAll()
        for waiter in roomWaiters { waiter.resume() }
        roomWaiters.removeAll()
        resumeDrainingHandlers()
    }

    func failCalls(_ error: ChannelError, isGone: Bool = false) {
        // One after the other as the loop has time, since there may be any number.
        let surely = error.wasNotBegun(true)
        if isGone {
            let unsent = calls.removeUnsent(behind: channelProtocol.handedOverByteCount)
            executor.executeSoon(for: unsent) { $0.resume(throwing: surely) }
        }
        executor.executeSoon(for: calls.removeAll()) { $0.resume(throwing: error) }
        executor.executeSoon(for: waitingCalls.removeAll().map { $0.handOver() }) { $0?.resume(throwing: surely) }
    }

    func endRefusal() {
        refusalTask?.cancel()
        refusalTask = nil
    }

    private static var refusalTime: TimeAmount { .seconds(1) }

    func endReceivers(_ error: ChannelError) {
        for receiver in inbox.removeReceivers() { receiver.resume(returning: .ended(error)) }
    }

    // MARK: Deadlines

    /// Sees to it that calls are looked at when `deadline` has come. One timer serves all calls.
    func watchDeadline(_ deadline: NIODeadline) {
        guard deadline < nearestDeadline else { return }
        nearestDeadline = deadline
        deadlineTask?.cancel()
        deadlineTask = loop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.nearestDeadline = .distantFuture
            self.deadlineTask = nil
            self.expireCalls()
        }
    }
}

extension TimeAmount {
    /// A duration as NIO counts it, from nothing to a century, so that adding it to now never overflows.
    static func bounded(_ duration: Duration) -> TimeAmount { TimeAmount(duration.bounded) }
}

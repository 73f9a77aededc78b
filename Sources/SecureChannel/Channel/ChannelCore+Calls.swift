internal import DequeModule
internal import NIOCore

/// Resumed with a reply, or with nil when that takes long: then whoever waits should wait again, prepared to be cancelled.
typealias CallContinuation = UnsafeContinuation<Reply?, any Error>

/// A reply as it came, its content still encoded.
struct Reply: Sendable {
    var kind: MessageHead.Kind
    var payload: ByteBuffer
    var content: Range<Int>
}

/// A call on its way to the event loop, or one beyond the limits that waits for its turn.
///
/// Only ever touched on the channel's event loop.
final class WaitingCall {
    let content: ByteBuffer
    let deadline: NIODeadline
    private var continuation: CallContinuation?
    /// Its id, once it was sent.
    fileprivate(set) var id: UInt64?
    fileprivate(set) var isCancelled = false

    init(content: ByteBuffer, deadline: NIODeadline) {
        self.content = content
        self.deadline = deadline
    }

    func wait(_ continuation: CallContinuation) {
        self.continuation = continuation
    }

    fileprivate func handOver() -> CallContinuation? {
        defer { continuation = nil }
        return continuation
    }

    func fail(_ error: any Error) {
        handOver()?.resume(throwing: error)
    }
}

// This side's own requests. An unsafe continuation is resumed once because whoever takes it out of the table, or out of
// a waiting call, takes it away from everybody else.
extension ChannelCore: BriefWaits {
    /// Encodes and sends a request, if the limits let it go now; see ``begin(content:deadline:)``.
    func begin(
        sizeHint: Int,
        deadline: NIODeadline,
        encode: (inout MessageWriter) throws(ChannelError) -> Void
    ) throws(ChannelError) -> UInt64? {
        if let failure { throw failure }
        guard waitingCalls.isEmpty, calls.admits(0) else { return nil }
        let head = MessageHead(kind: .request, id: calls.nextID)
        let size = try channelProtocol.write(
            head,
            sizeHint: sizeHint,
            isAdmitted: { calls.admits($0) },
            encode: encode
        )
        guard let size else { return nil }
        if deadline < .distantFuture { watchDeadline(deadline) }
        return calls.open(size: size, deadline: deadline)
    }

    /// Sends a request, if the limits let it go now.
    ///
    /// - Returns: its id, for which ``wait(for:_:)`` must be called before anything else happens on the loop; nil when the
    ///   request has to wait its turn.
    func begin(content: ByteBuffer, deadline: NIODeadline) throws(ChannelError) -> UInt64? {
        if let failure { throw failure }
        let size = content.readableBytes + Self.maximumHeadLength
        guard waitingCalls.isEmpty, calls.admits(size) else { return nil }
        return try open(content: content, size: size, deadline: deadline)
    }

    /// Says who waits for the reply to `id`, for a moment: if that passes without a reply, the waiter is resumed with nil and
    /// has to come back by ``wait(for:_:)``.
    ///
    /// A wait that can be cancelled costs a lock and two task switches, and most replies come before anybody could wish to
    /// cancel; so only those who wait for longer pay for it.
    func waitBriefly(for id: UInt64, _ continuation: CallContinuation) {
        guard calls.wait(for: id, continuation, isBrief: true) else {
            return continuation.resume(throwing: failure ?? timedOut)
        }
        lookLater()
    }

    /// Says who waits for the reply to `id`, for as long as it takes.
    func wait(for id: UInt64, _ continuation: CallContinuation) {
        if let reply = earlyReplies.removeValue(forKey: id) { return continuation.resume(returning: reply) }
        guard !calls.wait(for: id, continuation) else { return }
        continuation.resume(throwing: failure ?? timedOut)
    }

    /// Sends away those who have waited for longer than a moment. True if others may have by the next look.
    func endBriefWaits() -> Bool {
        for waiter in calls.sendAway() { waiter.resume(returning: nil) }
        isLookRegistered = calls.hasUnseen
        return isLookRegistered
    }

    private func lookLater() {
        guard !isLookRegistered else { return }
        isLookRegistered = true
        executor.lookLater(self)
    }

    /// Sends a request, or queues it up behind those that wait already.
    func begin(_ call: WaitingCall) {
        guard !call.isCancelled else { return call.fail(CancellationError()) }
        do {
            if let id = try begin(content: call.content, deadline: call.deadline) {
                start(call, as: id)
            } else {
                waitingCalls.append(call)
                watchDeadline(call.deadline)
            }
        } catch {
            call.fail(error)
        }
    }

    /// Nobody waits for `id` any more. Its reply, when it comes, is dropped.
    func cancel(_ id: UInt64) {
        calls.abandon(id)?.resume(throwing: CancellationError())
        closeIfDrained()
    }

    func cancel(_ call: WaitingCall) {
        call.isCancelled = true
        if let id = call.id { return cancel(id) }
        call.fail(CancellationError())
        waitingCalls.removeAll { $0 === call }
        admitWaiting()  // it may have been the one that was too large for the others to pass
        closeIfDrained()
    }

    func receive(_ reply: Reply, to id: UInt64) {
        switch calls.reply(to: id) {
        case .deliver(let continuation):
            continuation.resume(returning: reply)
        case .keep:
            earlyReplies[id] = reply
        case .drop:
            break
        case .unknown:
            channelProtocol.fail(
                ChannelError(
                    .invalidMessage,
                    "\(peer) sent a reply to request \(id), which was never sent.",
                    address: peer,
                    hint: "The peer's implementation is at fault."
                )
            )
            return
        }
        admitWaiting()
        closeIfDrained()
    }

    func expireCalls() {
        let now = NIODeadline.now()
        for continuation in calls.expire(at: now) { continuation.resume(throwing: timedOut) }
        let late = waitingCalls.filter { $0.deadline <= now }
        if !late.isEmpty {
            waitingCalls.removeAll { $0.deadline <= now }
            for call in late { call.fail(timedOut) }
        }
        let next = waitingCalls.reduce(calls.nextDeadline) { min($0, $1.deadline) }
        // Not more often than once a millisecond, since each look goes through all calls.
        if next < .distantFuture { watchDeadline(max(next, now + .milliseconds(1))) }
        admitWaiting()
        closeIfDrained()
    }

    private func open(content: ByteBuffer, size: Int, deadline: NIODeadline) throws(ChannelError) -> UInt64 {
        try channelProtocol.write(MessageHead(kind: .request, id: calls.nextID), content: content)
        if deadline < .distantFuture { watchDeadline(deadline) }
        return calls.open(size: size, deadline: deadline)
    }

    private func start(_ call: WaitingCall, as id: UInt64) {
        call.id = id
        if let continuation = call.handOver() { wait(for: id, continuation) }
    }

    private func admitWaiting() {
        while let call = waitingCalls.first, failure == nil {
            let size = call.content.readableBytes + Self.maximumHeadLength
            guard calls.admits(size) else { return }
            waitingCalls.removeFirst()
            do {
                start(call, as: try open(content: call.content, size: size, deadline: call.deadline))
            } catch {
                call.fail(error)
            }
        }
    }

    /// The longest head of the codecs here: `[0, 18446744073709551615, ` with its tail is 26 bytes. What is counted against
    /// the limits before the head is known must not be less than what the peer will count.
    private static var maximumHeadLength: Int { 32 }

    private var timedOut: ChannelError {
        ChannelError(
            .replyTimedOut,
            "No reply from \(peer) within the timeout.",
            address: peer,
            hint: "Whether it did the work is unknown. Raise the timeout if the work takes longer."
        )
    }
}

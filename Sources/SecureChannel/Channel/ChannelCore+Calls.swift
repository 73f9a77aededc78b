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
    /// Its place among those that wait, once it has one.
    fileprivate var ticket: UInt64?
    fileprivate(set) var isCancelled = false

    init(content: ByteBuffer, deadline: NIODeadline) {
        self.content = content
        self.deadline = deadline
    }

    func wait(_ continuation: CallContinuation) {
        self.continuation = continuation
    }

    func handOver() -> CallContinuation? {
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
        guard waitingCalls.isEmpty, let id = calls.reserve() else { return nil }
        let size: Int?
        do {
            size = try channelProtocol.write(
                MessageHead(kind: .request, id: id),
                sizeHint: sizeHint,
                isAdmitted: { calls.admitsReserved($0) },
                encode: encode
            )
        } catch {
            giveBack(id)
            throw error
        }
        guard let size else {
            giveBack(id)
            if let failure { throw failure }  // closed by what was called to encode it
            return nil
        }
        try fill(id, size: size, deadline: deadline)
        return id
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
                call.ticket = waitingCalls.append(call, deadline: call.deadline)
                if call.deadline < .distantFuture { watchDeadline(call.deadline) }
                watchPlaces()
            }
        } catch {
            call.fail(error.wasNotBegun(true))
        }
    }

    /// Nobody waits for `id` any more. Its reply, when it comes, is dropped.
    func cancel(_ id: UInt64) {
        calls.abandon(id)?.resume(throwing: CancellationError())
        watchPlaces()
        closeIfDrained()
    }

    func cancel(_ call: WaitingCall) {
        call.isCancelled = true
        if let id = call.id { return cancel(id) }
        call.fail(CancellationError())
        if let ticket = call.ticket { _ = waitingCalls.remove(ticket) }
        admitWaiting()  // it may have been the one that was too large for the others to pass
        watchPlaces()
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
        placesFreed()
        admitWaiting()
        closeIfDrained()
    }

    /// Some at a time, so that however many have one deadline do not hold the loop.
    func expireCalls() {
        let now = NIODeadline.now()
        for continuation in calls.expire(at: now, limit: Self.expiredAtOnce) { continuation.resume(throwing: timedOut) }
        for call in waitingCalls.expire(at: now, limit: Self.expiredAtOnce) { call.fail(timedOutWaiting) }
        let next = min(calls.nextDeadline, waitingCalls.nextDeadline)
        if next <= now {
            let core = NIOLoopBound(self, eventLoop: loop)
            executor.executeSoon { core.value.expireCalls() }
        } else if next < .distantFuture {
            watchDeadline(max(next, now + .milliseconds(1)))
        }
        admitWaiting()
        watchPlaces()
        closeIfDrained()
    }

    private func open(content: ByteBuffer, size: Int, deadline: NIODeadline) throws(ChannelError) -> UInt64 {
        let id = calls.open(size: 0, deadline: .distantFuture)
        do {
            try channelProtocol.write(MessageHead(kind: .request, id: id), content: content)
        } catch {
            giveBack(id)
            throw error
        }
        try fill(id, size: size, deadline: deadline)
        return id
    }

    /// The request that `id` was reserved for is written.
    private func fill(_ id: UInt64, size: Int, deadline: NIODeadline) throws(ChannelError) {
        // Whoever was called to encode it may have closed the channel.
        guard calls.fill(id, size: size, deadline: deadline, end: channelProtocol.writtenByteCount) else {
            throw failure ?? .closed(by: "this side", peer: peer)
        }
        if deadline < .distantFuture { watchDeadline(deadline) }
    }

    /// The request that `id` was reserved for is not sent: others may have waited for its place meanwhile.
    private func giveBack(_ id: UInt64) {
        calls.giveBack(id)
        admitWaiting()
    }

    private func start(_ call: WaitingCall, as id: UInt64) {
        call.id = id
        if let continuation = call.handOver() { wait(for: id, continuation) }
    }

    private func admitWaiting() {
        while let call = waitingCalls.first, failure == nil {
            let size = call.content.readableBytes + Self.maximumHeadLength
            guard calls.admits(size) else { return }
            _ = waitingCalls.popFirst()
            do {
                start(call, as: try open(content: call.content, size: size, deadline: call.deadline))
            } catch {
                call.fail(error.wasNotBegun(true))
            }
        }
    }

    /// The longest head of the codecs here: `[0, 18446744073709551615, ` with its tail is 26 bytes. What is counted against
    /// the limits before the head is known must not be less than what the peer will count.
    static var maximumHeadLength: Int { 32 }

    private static var expiredAtOnce: Int { 1024 }

    private var timedOut: ChannelError {
        ChannelError(
            .replyTimedOut,
            "No reply from \(peer) within the timeout.",
            address: peer,
            hint: "Whether it did the work is unknown. Raise the timeout if the work takes longer."
        )
    }
}

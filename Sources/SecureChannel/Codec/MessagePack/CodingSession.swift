internal import Synchronization

/// What one encoding or decoding at a time works with, and then the next one on the same thread.
///
/// Encoders, decoders and their containers point to their session without owning it: `Codable` copies them with every
/// value, and if they owned an object, each copy would cost a pair of atomic operations. But nothing stops a type from
/// keeping such a thing. So a session is never freed, only used again, and whatever points to it also holds a number by
/// which it finds out that its time is over.
///
/// There are as many sessions as there ever were encodings and decodings at the same time. Those of a thread that ends go
/// to threads that need one.
internal protocol CodingSession: ~Copyable {
    init()

    /// Whether it cannot be used again.
    var isSpent: Bool { get }

    /// Links the sessions that are idle.
    var nextIdle: IdleSession<Self>? { get set }

    static func withIdle<Result>(
        in sessions: inout IdleSessions,
        _ body: (inout IdleList<Self>) -> Result
    ) -> Result
}

extension CodingSession where Self: ~Copyable {
    /// A session that nobody else uses until it is given back.
    @inline(__always)
    static func take() -> IdleSession<Self> {
        if let thread = IdleSessions.ofThisThread, let session = withIdle(in: &thread.pointee, { $0.pop() }) {
            return session
        }
        return takeOver()
    }

    @inline(__always)
    static func giveBack(_ session: IdleSession<Self>) {
        // A spent one is as if it were in use for ever.
        guard !session.pointer.pointee.isSpent else { return }
        if let thread = IdleSessions.ofThisThread {
            withIdle(in: &thread.pointee) { $0.push(session) }
        } else {
            IdleSessions.ofNoThread.withLock { withIdle(in: &$0) { $0.push(session) } }
        }
    }

    /// A session of a thread that has ended, or a new one.
    @inline(never)
    private static func takeOver() -> IdleSession<Self> {
        if let session = IdleSessions.ofNoThread.withLock({ withIdle(in: &$0) { $0.pop() } }) { return session }
        let pointer = UnsafeMutablePointer<Self>.allocate(capacity: 1)
        pointer.initialize(to: Self())
        return IdleSession(pointer: pointer)
    }
}

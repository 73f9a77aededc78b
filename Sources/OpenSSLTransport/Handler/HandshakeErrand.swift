internal import NIOCore
internal import Synchronization

/// One step of a handshake, on its way to a thread and back.
///
/// A connection may end before a thread has come to it. Then it is given up, so that whoever connects and leaves costs neither
/// memory until a slow token has answered others, nor a signature that nobody waits for.
final class HandshakeErrand: Sendable {
    /// Safe to send: the handler gives up its reference before a thread gets this one, and takes it back only when the
    /// thread's work is done, which the future between them orders. One that is given up is freed by whoever had it last.
    struct Outcome: @unchecked Sendable {
        let session: TLSSession
        let step: TLSStep
        /// What the step has not taken.
        let rest: ByteBuffer
    }

    /// Safe to send for the same reason.
    private struct Work: @unchecked Sendable {
        let session: TLSSession
        let ciphertext: ByteBuffer
    }

    private let work: Mutex<Work?>

    init(_ session: TLSSession, _ ciphertext: ByteBuffer) {
        self.work = Mutex(Work(session: session, ciphertext: ciphertext))
    }

    /// To be called on a thread, where it may block. Nil if it was given up.
    func run(limit: Int) -> Outcome? {
        guard let work = self.take() else { return nil }
        var rest = work.ciphertext
        let step = work.session.handshake(from: &rest, limit: limit)
        return Outcome(session: work.session, step: step, rest: rest)
    }

    /// Nobody waits for it any more; what has begun goes on.
    func giveUp() { _ = self.take() }

    private func take() -> Work? {
        self.work.withLock { work in
            defer { work = nil }
            return work
        }
    }
}

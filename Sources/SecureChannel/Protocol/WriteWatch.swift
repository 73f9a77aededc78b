internal import NIOCore

/// Decides when a socket has taken nothing for too long while bytes waited.
///
/// A pure value, fed from time to time with how many bytes wait below the transport. That they grow fewer is progress; that
/// more are added is none: an application that goes on writing must not hide a peer that does not read.
struct WriteWatch {
    private let timeout: TimeAmount
    private var below: Int?
    private var lastProgress = NIODeadline.uptimeNanoseconds(0)

    enum Verdict: Hashable {
        /// Nothing waits.
        case idle
        /// Look again at this time.
        case look(NIODeadline)
        case timedOut
    }

    init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    /// How long to go between two looks, and between a write and the first.
    var interval: TimeAmount { max(.milliseconds(1), .nanoseconds(timeout.nanoseconds / 8)) }

    /// The socket is known to have taken something.
    mutating func progressed(at now: NIODeadline) {
        lastProgress = now
    }

    /// - Parameters:
    ///   - below: how many bytes wait below the transport.
    ///   - waiting: how many wait in all.
    mutating func look(below: Int, waiting: Int, at now: NIODeadline) -> Verdict {
        guard waiting > 0 else {
            self.below = nil
            return .idle
        }
        if self.below.map({ below < $0 }) ?? true { lastProgress = now }
        self.below = below
        let deadline = lastProgress + timeout
        guard now < deadline else { return .timedOut }
        // More often than once per timeout, or progress just after a look would be found only at the next one.
        return .look(min(deadline, now + interval))
    }
}

internal import NIOCore

/// Decides when a socket has taken nothing for too long while bytes waited.
///
/// A pure value, fed from time to time with how many bytes were handed to the transport in all and how many of them wait
/// there: when neither has changed, the socket has taken nothing.
struct WriteWatch {
    private let timeout: TimeAmount
    private var last: (handedOver: Int, waiting: Int)?
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

    mutating func look(handedOver: Int, waiting: Int, at now: NIODeadline) -> Verdict {
        guard waiting > 0 else {
            last = nil
            return .idle
        }
        if last?.handedOver != handedOver || last?.waiting != waiting {
            last = (handedOver, waiting)
            lastProgress = now
        }
        let deadline = lastProgress + timeout
        guard now < deadline else { return .timedOut }
        // More often than once per timeout, or progress just after a look would be found only at the next one.
        return .look(min(deadline, now + max(.milliseconds(1), .nanoseconds(timeout.nanoseconds / 8))))
    }
}

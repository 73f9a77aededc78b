internal import Synchronization

/// When a measurement ends: after so many requests, after so long, or at whichever comes first.
struct LoadLimit: Sendable, Equatable {
    var requests: Int?
    var duration: Duration?

    func end(from begin: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        duration.map { begin + $0 }
    }
}

/// How many requests may still be sent, by all event loops together.
final class RequestBudget: Sendable {
    private let isLimited: Bool
    private let rest: Atomic<Int>

    init(_ requests: Int?) {
        isLimited = requests != nil
        rest = Atomic(requests ?? 0)
    }

    /// Takes one out; false when none is left.
    func take() -> Bool {
        !isLimited || rest.subtract(1, ordering: .relaxed).oldValue > 0
    }
}

internal import Synchronization

/// How far a load has come, told by whoever runs it to whoever draws it.
final class LoadProgress: Sendable {
    private enum Stage {
        case connecting(Int, of: Int)
        case warmingUp
        case measuring([LoadTally], from: ContinuousClock.Instant, until: LoadLimit)
    }

    private let stage = Mutex(Stage.connecting(0, of: 1))

    func connect(_ done: Int, of count: Int) {
        stage.withLock { $0 = .connecting(done, of: count) }
    }

    func warmUp() {
        stage.withLock { $0 = .warmingUp }
    }

    func measure(_ tallies: [LoadTally], from begin: ContinuousClock.Instant, until limit: LoadLimit) {
        stage.withLock { $0 = .measuring(tallies, from: begin, until: limit) }
    }

    /// What there is to draw now.
    var line: ProgressLine {
        switch stage.withLock({ $0 }) {
        case .connecting(let done, let count): .connecting(done, of: count)
        case .warmingUp: .warmingUp
        case .measuring(let tallies, let begin, let limit):
            ProgressLine(
                finished: tallies.reduce(0) { $0 + $1.finished.load(ordering: .relaxed) },
                elapsed: .now - begin,
                limit: limit
            )
        }
    }
}

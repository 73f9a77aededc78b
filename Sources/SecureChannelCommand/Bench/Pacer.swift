internal import DequeModule
internal import Foundation
internal import Synchronization

/// Says when each request of an open loop is due: so many a second, whether or not those before it have their replies.
///
/// A thread of its own sleeps from one time to the next and wakes the tasks that wait: `Task.sleep` in each of them would
/// cost several times as much of the processor. A time that comes while every task is busy is given to the next one that is
/// not, and stays what it was, so that a latency counted from it has the wait in it, too.
final class Pacer: Sendable {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        /// How many times were given out.
        var given = 0
        /// How many came and were not.
        var missed = 0
        var isOver = false
        /// The tasks that wait for a time, the longest waiting first.
        var idle = Deque<CheckedContinuation<Instant?, Never>>()
    }

    private let rate: Double
    private let begin: Instant
    /// When what is late is given up.
    private let end: Instant?
    private let count: Int
    private let state = Mutex(State())

    /// - Parameter rate: times a second, for all tasks together; more than 0.
    init(rate: Double, limit: LoadLimit, begin: Instant) {
        self.rate = rate
        self.begin = begin
        self.end = limit.end(from: begin).map { $0 + Self.patience }
        self.count = Self.count(rate: rate, limit: limit)
        Thread.detachNewThread { [self] in
            while let nap = wakeIdle() { Thread.sleep(forTimeInterval: nap / .seconds(1)) }
        }
    }

    /// How many times there are within a limit. The first is at once.
    static func count(rate: Double, limit: LoadLimit) -> Int {
        let timely = limit.duration.map { max(1, Int((rate * ($0 / .seconds(1))).rounded())) }
        return min(timely ?? .max, limit.requests ?? .max)
    }

    /// Waits for the next time.
    ///
    /// - Returns: the time, which may be long past; nil when there are no more.
    func next() async -> Instant? {
        await withCheckedContinuation { continuation in
            let answer: Instant?? = state.withLock { state in
                let now = Instant.now
                if isOver(state, at: now) { return .some(nil) }
                if state.idle.isEmpty, time(state.given) <= now { return take(from: &state) }
                state.idle.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Gives out no more times, and lets go whoever waits for one.
    ///
    /// - Returns: how many times had come and were given to nobody, because every task waited for a reply.
    @discardableResult
    func stop() -> Int {
        let (idle, missed) = state.withLock { state in
            if !state.isOver {
                state.isOver = true
                // Whoever was idle would have got them.
                state.missed = state.idle.isEmpty ? max(0, dueCount(at: .now) - state.given) : 0
            }
            defer { state.idle = [] }
            return (state.idle, state.missed)
        }
        for continuation in idle { continuation.resume(returning: nil) }
        return missed
    }

    // MARK: The thread

    /// Gives what is due to the tasks that wait.
    ///
    /// - Returns: how long there is nothing to do; nil when all is over.
    private func wakeIdle() -> Duration? {
        var woken: [(task: CheckedContinuation<Instant?, Never>, time: Instant?)] = []
        let nap: Duration? = state.withLock { state in
            let now = Instant.now
            while state.given < count, time(state.given) <= now, let task = state.idle.popFirst() {
                woken.append((task, take(from: &state)))
            }
            if isOver(state, at: now) {
                woken += state.idle.map { ($0, nil) }
                state.idle = []
                return nil
            }
            // Where everybody is busy, those who are late take their times by themselves.
            return min(time(max(state.given, dueCount(at: now))) - now, Self.longestNap)
        }
        for (task, time) in woken { task.resume(returning: time) }
        return nap
    }

    // MARK: Times

    private func isOver(_ state: State, at now: Instant) -> Bool {
        state.isOver || state.given >= count || end.map { now >= $0 } == true
    }

    private func take(from state: inout State) -> Instant {
        defer { state.given += 1 }
        return time(state.given)
    }

    private func time(_ number: Int) -> Instant {
        begin + .seconds(Double(number) / rate)
    }

    private func dueCount(at now: Instant) -> Int {
        min(count, Int((now - begin) / .seconds(1) * rate) + 1)
    }

    /// How long after the end a request may still be sent whose time came before.
    private static let patience = Duration.seconds(1)
    /// How long the thread outlives the rest at most.
    private static let longestNap = Duration.milliseconds(20)
}

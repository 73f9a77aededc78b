internal import SecureChannel
internal import Synchronization

/// What became of the calls of one event loop.
///
/// There is one for each loop, so that a call is counted without a lock and without another thread's cache line.
final class LoadTally: @unchecked Sendable {
    // Why unchecked is sound: all but `finished` is touched only by the tasks of one phase that prefer `executor`, which runs
    // them on one thread, and read only when all of them have ended.
    let executor: any TaskExecutor
    /// How long the calls took that were replied to.
    private(set) var latencies = LatencyHistogram()
    /// How long after its time each was sent, where requests have times.
    private(set) var lateness = LatencyHistogram()
    /// How many requests the other side failed.
    private(set) var failures = 0
    private(set) var firstFailure: RemoteError?
    /// How many calls have ended, for other threads to see as it goes on.
    let finished = Atomic(0)

    init(executor: any TaskExecutor) {
        self.executor = executor
    }

    func countReply(after latency: Duration) {
        latencies.record(latency)
        tellFinished()
    }

    func countFailure(_ error: RemoteError) {
        failures += 1
        if firstFailure == nil { firstFailure = error }
        tellFinished()
    }

    func countLateness(_ duration: Duration) {
        lateness.record(duration)
    }

    private func tellFinished() {
        finished.store(latencies.count + failures, ordering: .relaxed)
    }
}

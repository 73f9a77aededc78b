internal import SecureChannel

/// What became of a load's requests.
struct Measurement: Sendable {
    /// Why it ended.
    enum Ending: Sendable {
        /// The limit was reached.
        case completed
        /// The task was cancelled.
        case interrupted
        /// A line broke, or a reply did not come in time.
        case failed(any Error)
    }

    /// How long the calls took that were replied to: from sending, or where there is a rate, from when they were due.
    var latencies = LatencyHistogram()
    /// Where there is a rate, how long after its time each request was sent.
    var lateness = LatencyHistogram()
    /// How many requests the other side failed.
    var failures = 0
    var firstFailure: RemoteError?
    /// How many requests were due and not sent, because all connections had as many in flight as they may.
    var unsent = 0
    var elapsed = Duration.zero
    var ending = Ending.completed

    mutating func add(_ tally: LoadTally) {
        latencies.add(tally.latencies)
        lateness.add(tally.lateness)
        failures += tally.failures
        firstFailure = firstFailure ?? tally.firstFailure
    }

    /// Whether anything was measured.
    var isEmpty: Bool { latencies.count == 0 && failures == 0 }

    var callsPerSecond: Double { elapsed > .zero ? Double(latencies.count) / (elapsed / .seconds(1)) : 0 }
}

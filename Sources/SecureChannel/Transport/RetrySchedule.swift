internal import OpenSSLTransport

/// The pauses between attempts to connect: about 0.5 s, growing by half to at most 30 s, until the time is up.
///
/// A pure value. Each pause is stretched or shortened by up to a quarter, by chance, so that the clients of a server that
/// comes back do not all come at once.
struct RetrySchedule {
    private var pause = Duration.milliseconds(500)
    private var left: Duration?

    /// - Parameter limit: how long to go on; nil for ever.
    init(limit: Duration?) {
        self.left = limit?.bounded
    }

    /// How long to wait before the next attempt, or nil when the time is up.
    ///
    /// - Parameters:
    ///   - elapsed: how long the attempt that failed took, with the pause before it.
    ///   - jitter: from -1 to 1.
    mutating func next(elapsed: Duration, jitter: Double) -> Duration? {
        var wait = pause + pause * (jitter / 4)
        if let left {
            let remaining = left - elapsed
            guard remaining > .zero else { return nil }
            self.left = remaining
            wait = min(wait, remaining)
        }
        pause = min(.seconds(30), pause * 1.5)
        return wait
    }
}

internal import SecureChannel

/// A load's channels, and how long it took to open them.
struct SetUp: Sendable {
    let channels: [Channel]
    /// All of them together.
    let elapsed: Duration
    /// Each by itself: name resolution, connection and TLS handshake.
    let times: LatencyHistogram

    /// Opens channels, 16 at a time: with more, each would mostly wait for the others.
    ///
    /// - Throws: what `open` throws first; the channels that are open are closed then.
    init(
        count: Int,
        shownBy progress: LoadProgress,
        _ open: @escaping @Sendable () async throws -> Channel
    ) async throws {
        let begin = ContinuousClock.now
        var channels: [Channel] = []
        var times = LatencyHistogram()
        func keep(_ opened: (channel: Channel, time: Duration)) {
            channels.append(opened.channel)
            times.record(opened.time)
            progress.connect(channels.count, of: count)
        }
        progress.connect(0, of: count)
        try await withThrowingTaskGroup(of: (channel: Channel, time: Duration).self) { group in
            for number in 0..<count {
                if number >= Self.atOnce, let opened = try await group.next() { keep(opened) }
                group.addTask {
                    let begin = ContinuousClock.now
                    return (try await open(), .now - begin)
                }
            }
            for try await opened in group { keep(opened) }
        }
        self.channels = channels
        self.elapsed = .now - begin
        self.times = times
    }

    private static let atOnce = 16
}

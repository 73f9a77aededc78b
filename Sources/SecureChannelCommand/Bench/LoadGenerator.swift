internal import SecureChannel

/// Keeps requests in flight on open channels, and counts what becomes of them.
///
/// Each request in flight is a task on its channel's event loop, so that a call costs no thread change.
struct LoadGenerator: Sendable {
    let channels: [Channel]
    let load: Load
    /// How long to wait for a reply.
    let timeout: Duration?

    /// Sends until a limit is reached, the task is cancelled or a line breaks. What was begun before the limit is waited for.
    func run(until limit: LoadLimit, shownBy progress: LoadProgress? = nil) async -> Measurement {
        let tallies = tallies()
        let begin = ContinuousClock.now
        progress?.measure(Array(tallies.values), from: begin, until: limit)
        var measurement = Measurement()
        do {
            if let rate = load.rate {
                let pacer = Pacer(rate: rate, limit: limit, begin: begin)
                defer { measurement.unsent = pacer.stop() }
                try await everywhere(tallies) { try await send(on: $0, whenDueBy: pacer, $1) }
            } else {
                let (budget, end) = (RequestBudget(limit.requests), limit.end(from: begin))
                try await everywhere(tallies) { try await send(on: $0, within: budget, until: end, $1) }
            }
            // A task that waited for its time ends in an orderly way.
            if Task.isCancelled { measurement.ending = .interrupted }
        } catch is CancellationError {
            measurement.ending = .interrupted
        } catch {
            measurement.ending = .failed(error)
        }
        measurement.elapsed = ContinuousClock.now - begin
        for tally in tallies.values { measurement.add(tally) }
        return measurement
    }

    /// Runs `sending` as often on each channel as there may be requests in flight, and cancels the rest if one fails.
    ///
    /// In groups of a group: to let a child go, a group goes through the list of its children.
    private func everywhere(
        _ tallies: Tallies,
        _ sending: @escaping @Sendable (Channel, LoadTally) async throws -> Void
    ) async throws {
        let count = channels.count * load.inFlight
        try await withThrowingDiscardingTaskGroup { groups in
            for first in stride(from: 0, to: count, by: Self.groupSize) {
                groups.addTask {
                    try await withThrowingDiscardingTaskGroup { group in
                        for number in first..<min(first + Self.groupSize, count) {
                            let channel = channels[number % channels.count]
                            guard let tally = tallies[channel.loop] else { continue }
                            group.addTask(executorPreference: tally.executor) { try await sending(channel, tally) }
                        }
                    }
                }
            }
        }
    }

    /// The square root of how many there may be.
    private static let groupSize = 512

    private typealias Tallies = [ObjectIdentifier: LoadTally]

    /// One for each event loop.
    private func tallies() -> Tallies {
        var tallies: Tallies = [:]
        for channel in channels where tallies[channel.loop] == nil {
            tallies[channel.loop] = LoadTally(executor: channel.taskExecutor)
        }
        return tallies
    }

    // MARK: One request after the other

    /// Sends the next request as soon as the one before has its reply.
    private func send(
        on channel: Channel,
        within budget: RequestBudget,
        until end: ContinuousClock.Instant?,
        _ tally: LoadTally
    ) async throws {
        var begin = ContinuousClock.now
        while end.map({ begin < $0 }) ?? true, budget.take() {
            do {
                try await channel.send(load.content, timeout: timeout)
                let now = ContinuousClock.now
                tally.countReply(after: now - begin)
                begin = now
            } catch let error as RemoteError {
                tally.countFailure(error)
                begin = .now
            }
        }
    }

    /// Sends each request when it is due, or as soon after that as the one before has its reply. Latency counts from when it
    /// was due: a server that stalls cannot keep the calls that it delays from being seen.
    private func send(on channel: Channel, whenDueBy pacer: Pacer, _ tally: LoadTally) async throws {
        try await withTaskCancellationHandler {
            while let due = await pacer.next() {
                tally.countLateness(.now - due)
                do {
                    try await channel.send(load.content, timeout: timeout)
                    tally.countReply(after: .now - due)
                } catch let error as RemoteError {
                    tally.countFailure(error)
                }
            }
        } onCancel: {
            pacer.stop()
        }
    }
}

extension Channel {
    /// Which event loop the channel lives on: its executor is that loop's.
    fileprivate var loop: ObjectIdentifier { ObjectIdentifier(taskExecutor) }
}

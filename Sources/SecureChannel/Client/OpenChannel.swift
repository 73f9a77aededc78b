internal import Logging

/// Opens a channel to the server at `address`.
///
/// ```swift
/// let channel = try await openChannel(.tcp(host: "localhost", port: 5555))
/// ```
///
/// - Parameters:
///   - address: where to connect to; it alone says whether bytes travel over TCP, a Unix socket or TLS.
///   - codec: the codec of both ends, MessagePack by default.
///   - configuration: timeouts and limits.
/// - Returns: a channel that is ready, its TLS handshake done.
/// - Throws: ``ChannelError`` with the codes `invalidConfiguration`, `connectFailed`, `connectTimedOut`, `tlsFailed` and those
///   of a broken line; `CancellationError` when the task was cancelled.
public func openChannel(
    _ address: Address,
    codec: some Codec = .messagePack,
    configuration: ChannelConfiguration = ChannelConfiguration()
) async throws -> Channel {
    try address.validate()
    try configuration.validate()
    let connector = try Connector(address: address, codec: codec, configuration: configuration)
    var schedule = RetrySchedule(limit: configuration.retry)
    let clock = ContinuousClock()
    var begin = clock.now
    while true {
        do {
            return try await connector.connect()
        } catch let error as ChannelError where error.code == .connectFailed || error.code == .connectTimedOut {
            let pause = schedule.next(elapsed: clock.now - begin, jitter: .random(in: -1...1))
            guard let pause else { throw error }
            configuration.logger.debug(
                "Could not connect; trying again.",
                metadata: ["address": "\(address)", "pause": "\(pause)", "error": "\(error)"]
            )
            begin = clock.now
            try await clock.sleep(for: pause)
        }
    }
}

/// Opens a channel for as long as `body` runs, and closes it then, whatever `body` does.
///
/// `body` runs on the channel's event loop, where calls cost no thread change, unless the configuration's `execution` says
/// otherwise; so it must not block.
///
/// - Returns: what `body` returns.
/// - Throws: what ``openChannel(_:codec:configuration:)`` or `body` throws.
public func withChannel<Result: Sendable>(
    _ address: Address,
    codec: some Codec = .messagePack,
    configuration: ChannelConfiguration = ChannelConfiguration(),
    _ body: @escaping @Sendable (Channel) async throws -> Result
) async throws -> Result {
    let channel = try await openChannel(address, codec: codec, configuration: configuration)
    do {
        let result = try await channel.runBody(body)
        await channel.close()
        return result
    } catch {
        await channel.close()
        throw error
    }
}

extension Channel {
    /// Runs a scoped form's body where the configuration says: in a child task, since only a task is sure to begin there.
    fileprivate func runBody<Result: Sendable>(
        _ body: @escaping @Sendable (Channel) async throws -> Result
    ) async throws -> Result {
        guard configuration.execution == .eventLoop else { return try await body(self) }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask(executorPreference: self.executor) { try await body(self) }
            for try await result in group { return result }
            throw CancellationError()  // not reached: the group has one child
        }
    }
}

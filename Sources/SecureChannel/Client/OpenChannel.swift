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
    _ body: @Sendable (Channel) async throws -> Result
) async throws -> Result {
    let channel = try await openChannel(address, codec: codec, configuration: configuration)
    do {
        let result = try await withTaskExecutorPreference(channel.bodyExecutor) { try await run(body, channel) }
        await channel.close()
        return result
    } catch {
        await channel.close()
        throw error
    }
}

/// Runs `body` where the task prefers to run: only a concurrent function goes there at once, others stay where they are.
@concurrent
private func run<Result: Sendable>(
    _ body: @Sendable (Channel) async throws -> Result,
    _ channel: Channel
) async throws -> Result {
    try await body(channel)
}

extension Channel {
    /// Where a scoped form's body runs; nil for wherever the caller does.
    fileprivate var bodyExecutor: (any TaskExecutor)? {
        configuration.execution == .eventLoop ? executor : nil
    }
}

internal import NIOCore

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
    try await Connector(address: address, codec: codec, configuration: configuration)
        .open(on: configuration.eventLoops.group.next())
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
    let connector = try await Connector(address: address, codec: codec, configuration: configuration)
    let loop = configuration.eventLoops.group.next()
    guard configuration.execution == .eventLoop else { return try await connector.run(on: loop, body) }
    // A child task, since only a task is sure to begin there; opening and closing in it too costs two thread changes less.
    return try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(executorPreference: LoopExecutor.of(loop)) { try await connector.run(on: loop, body) }
        for try await result in group { return result }
        throw CancellationError()  // not reached: the group has one child
    }
}

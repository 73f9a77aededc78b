internal import Logging
internal import NIOCore
internal import Synchronization

/// A server's connections: those in the handshake, and the channels with the tasks that run them.
///
/// Shared by all event loops, so it has a lock; it is taken once when a connection comes, once when it becomes a channel
/// and once when it goes.
final class Connections: Sendable {
    private let configuration: ServerConfiguration
    private let onChannel: @Sendable (Channel) async throws -> Void
    private let state = Mutex(State())

    private struct State {
        /// By the connection's identity: nil until its handshake is done.
        var open: [ObjectIdentifier: Entry] = [:]
        var isShuttingDown = false
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }

    private struct Entry {
        var connection: any NIOCore.Channel
        var channel: Channel?
        var task: Task<Void, Never>?
        /// The connection is gone, and its task not yet; or the other way round.
        var isHalfGone = false
    }

    init(configuration: ServerConfiguration, onChannel: @escaping @Sendable (Channel) async throws -> Void) {
        self.configuration = configuration
        self.onChannel = onChannel
    }

    var channels: [Channel] {
        state.withLock { $0.open.values.compactMap(\.channel) }
    }

    /// How many connections are open, those in the handshake among them.
    var count: Int { state.withLock { $0.open.count } }

    // MARK: Coming and going

    /// A connection was accepted. False when there may be no more.
    func begin(_ connection: any NIOCore.Channel) -> Bool {
        state.withLock { state in
            guard !state.isShuttingDown, state.open.count < configuration.maximumConnections else { return false }
            state.open[ObjectIdentifier(connection)] = Entry(connection: connection)
            return true
        }
    }

    /// The handshake is done: runs `onChannel`.
    func serve(_ channel: Channel, _ connection: any NIOCore.Channel) {
        let key = ObjectIdentifier(connection)
        let isWelcome = state.withLock { state in
            guard !state.isShuttingDown, state.open[key] != nil else { return false }
            state.open[key]?.channel = channel
            state.open[key]?.task = Task(executorPreference: channel.handlerExecutor) {
                await self.run(channel)
                self.ended(key)
            }
            return true
        }
        if !isWelcome { channel.onLoop { $0.close() } }
    }

    /// The connection is closed.
    func end(_ connection: any NIOCore.Channel) {
        let key = ObjectIdentifier(connection)
        let hasTask = state.withLock { $0.open[key]?.task != nil }
        if !hasTask { return remove(key) }
        ended(key)
    }

    private func run(_ channel: Channel) async {
        do {
            try await onChannel(channel)
            await channel.finish()
        } catch let error as ChannelError where error.isOfTheLine {
            configuration.channel.logger.info(
                "A channel broke.",
                metadata: ["peer": "\(channel.name)", "error": "\(error)"]
            )
            await channel.close()
        } catch {
            if !Task.isCancelled || !(error is CancellationError) {
                configuration.channel.logger.error(
                    "onChannel failed; its channel was closed.",
                    metadata: ["peer": "\(channel.name)", "error": "\(PeerText.clean("\(error)", limit: 2000))"]
                )
            }
            await channel.close()
        }
    }

    /// One of the two that make an entry, the connection and its task, has ended.
    private func ended(_ key: ObjectIdentifier) {
        let isGone = state.withLock { state in
            guard let entry = state.open[key] else { return false }
            state.open[key]?.isHalfGone = true
            return entry.isHalfGone
        }
        if isGone { remove(key) }
    }

    private func remove(_ key: ObjectIdentifier) {
        let (entry, waiters) = state.withLock { state in
            let entry = state.open.removeValue(forKey: key)
            guard state.isShuttingDown, state.open.isEmpty else { return (entry, [UnsafeContinuation<Void, Never>]()) }
            defer { state.waiters = [] }
            return (entry, state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        withExtendedLifetime(entry) {}  // a channel's deinit must not run under the lock
    }

    // MARK: The end

    func shutDown(gracePeriod: Duration) async {
        let entries = state.withLock { state in
            state.isShuttingDown = true
            return Array(state.open.values)
        }
        for entry in entries {
            if let channel = entry.channel {
                channel.onLoop { $0.drain(failQueued: false) }
            } else {
                entry.connection.close(promise: nil)  // nothing was begun on it
            }
        }
        let killer = Task {
            if gracePeriod > .zero { try await Task.sleep(for: gracePeriod) }
            self.closeEverything()
        }
        await waitUntilShutDown()
        killer.cancel()
    }

    func waitUntilShutDown() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = state.withLock { state in
                if state.isShuttingDown, state.open.isEmpty { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func closeEverything() {
        let entries = state.withLock { Array($0.open.values) }
        for entry in entries {
            entry.task?.cancel()
            entry.channel?.onLoop { $0.close() }
            if entry.channel == nil { entry.connection.close(promise: nil) }
        }
    }
}

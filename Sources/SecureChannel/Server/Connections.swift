internal import Logging
internal import NIOCore
internal import OpenSSLTransport
internal import Synchronization

/// A server's connections: those in the handshake, and the channels with the tasks that run them.
///
/// Shared by all event loops, so it has a lock; it is taken once when a connection comes, once when it becomes a channel
/// and once when it goes.
final class Connections: Sendable {
    private let configuration: ServerConfiguration
    private let onChannel: @Sendable (Channel) async throws -> Void
    private let state = Mutex(State())
    let breachLog: BreachLog

    private struct State {
        /// By the connection's identity: nil until its handshake is done.
        var open: [ObjectIdentifier: Entry] = [:]
        var isShuttingDown = false
        /// While channels have something to do about reloads.
        var reloadObservation: TLSReloadObservation?
        /// The grace period is over: tasks that do not end are waited for no longer.
        var isForced = false
        /// Those that the server is being shut down from within: they are not waited for there.
        var asking: Set<ObjectIdentifier> = []
        /// Whether it has been said that there are as many connections as there may be.
        var hasSaidFull = false
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0

        var isOver: Bool { isShuttingDown && open.isEmpty }

        /// Whether only those are left from within which the server is being shut down.
        var isOverForThem: Bool { isShuttingDown && open.count == asking.count }

        /// Whoever waits for the end, if it has come.
        mutating func takeWaiters() -> [UnsafeContinuation<Void, Never>] {
            guard isOverForThem, !waiters.isEmpty else { return [] }
            let taken = isOver ? waiters : waiters.filter(\.value.isWithin)
            waiters = isOver ? [:] : waiters.filter { !$0.value.isWithin }
            return taken.values.map(\.continuation)
        }
    }

    private struct Waiter {
        var continuation: UnsafeContinuation<Void, Never>
        /// It waits from within one of the server's own channels.
        var isWithin: Bool
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
        self.breachLog = BreachLog(configuration.channel.logger)
    }

    var channels: [Channel] {
        state.withLock { $0.open.values.compactMap(\.channel) }
    }

    /// How many connections are open, those in the handshake among them.
    var count: Int { state.withLock { $0.open.count } }

    // MARK: Coming and going

    enum Admission {
        case welcome
        /// There are as many as there may be, or the server is shutting down; the first time it should be said.
        case refused(isFirst: Bool)
    }

    /// A connection was accepted.
    func begin(_ connection: any NIOCore.Channel) -> Admission {
        state.withLock { state in
            guard !state.isShuttingDown else { return .refused(isFirst: false) }
            guard state.open.count < configuration.maximumConnections else {
                defer { state.hasSaidFull = true }
                return .refused(isFirst: !state.hasSaidFull)
            }
            state.hasSaidFull = false
            state.open[ObjectIdentifier(connection)] = Entry(connection: connection)
            return .welcome
        }
    }

    /// The handshake is done: runs `onChannel`.
    func serve(_ channel: Channel, _ connection: any NIOCore.Channel) {
        let key = ObjectIdentifier(connection)
        let isWelcome = state.withLock { state in
            guard !state.isShuttingDown, state.open[key] != nil else { return false }
            state.open[key]?.channel = channel
            state.open[key]?.task = Task(executorPreference: channel.handlerExecutor) {
                await HandlerScope.$current.withValue(HandlerScope(.onChannel, of: channel)) { await self.run(channel) }
                self.ended(key)
            }
            return true
        }
        if !isWelcome { channel.onLoop { $0.close() } }
    }

    /// The connection is closed.
    func end(_ connection: any NIOCore.Channel) {
        let key = ObjectIdentifier(connection)
        let isAll = state.withLock { $0.open[key]?.task == nil || $0.isForced }
        if isAll { return remove(key) }
        ended(key)
    }

    private func run(_ channel: Channel) async {
        do {
            try await onChannel(channel)
            await channel.finish()
        } catch {
            let end = await channel.end
            report(error, of: channel, end: end, isCancelled: Task.isCancelled)
            await channel.close()
        }
    }

    /// Apart, so that what it needs does not lie in the frame of every connection's task.
    @inline(never)
    private func report(_ error: any Error, of channel: Channel, end: Channel.End?, isCancelled: Bool) {
        if let error = error as? ChannelError, error.isOfTheLine, end?.code == error.code {
            guard end?.wasLogged != true else { return }
            // Breaches are in the log already; whoever connects and resets the connection sees whether the server is there.
            let isDull = error.code == .invalidMessage || end?.wasSilent == true
            configuration.channel.logger.log(
                level: isDull ? .debug : .info,
                "A channel broke.",
                metadata: ["peer": "\(channel.name)", "error": "\(error)"]
            )
        } else if !isCancelled || !(error is CancellationError) {
            configuration.channel.logger.error(
                "onChannel failed; its channel was closed.",
                metadata: ["peer": "\(channel.name)", "error": "\(FailureText.forLog(error))"]
            )
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
            state.asking.remove(key)
            return (entry, state.takeWaiters())
        }
        for waiter in waiters { waiter.resume() }
        withExtendedLifetime(entry) {}  // a channel's deinit must not run under the lock
    }

    // MARK: Reloads

    /// Has the channels told of reloads, if they have something to do about them: one observation for all.
    func observeReloads(of tls: TLSConfiguration) {
        guard configuration.channel.afterReload != .keep else { return }
        let observation = tls.observeReloads { [weak self] _ in
            guard let self else { return }
            for channels in Dictionary(grouping: self.channels, by: { ObjectIdentifier($0.loop) }).values {
                guard let loop = channels.first?.loop else { continue }
                loop.visit(channels[...]) { $0.coreOnLoop?.peerWatch?.reloaded() }
            }
        }
        state.withLock { $0.reloadObservation = observation }
    }

    // MARK: The end

    func shutDown(gracePeriod: Duration) async {
        let scopes = HandlerScope.all
        let own = Set(scopes.map(\.channel))
        let (entries, waiters, observation) = state.withLock { state in
            defer { state.reloadObservation = nil }
            state.isShuttingDown = true
            for (key, entry) in state.open {
                if let channel = entry.channel, own.contains(ObjectIdentifier(channel)) { state.asking.insert(key) }
            }
            return (Array(state.open.values), state.takeWaiters(), state.reloadObservation)
        }
        observation?.cancel()
        for waiter in waiters { waiter.resume() }
        for entry in entries {
            if let channel = entry.channel {
                channel.soon { $0.drain(failQueued: false) }
            } else {
                entry.connection.close(promise: nil)  // nothing was begun on it
            }
        }
        let killer = Task {
            if gracePeriod > .zero { try await Task.sleep(for: gracePeriod.bounded) }
            self.closeEverything(sparingAskers: gracePeriod <= .zero)
        }
        let asking = entries.compactMap(\.channel).filter { own.contains(ObjectIdentifier($0)) }
        await waitUntilOver(isWithin: !asking.isEmpty)
        guard !asking.isEmpty else { return killer.cancel() }
        for channel in asking where HandlerScope.handler(of: channel) != nil { await channel.drain() }
        Task {
            await self.waitUntilOver(isWithin: false)
            killer.cancel()
        }
    }

    /// Waits until the server has been shut down, or the task is cancelled.
    func waitUntilShutDown() async {
        let key = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await wait(as: key, unless: { Task.isCancelled })
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: key) }?.continuation.resume()
        }
    }

    /// The same for the shutdown itself, which goes on whether the task is cancelled or not.
    ///
    /// - Parameter isWithin: does not wait for channels from within which the server is being shut down.
    private func waitUntilOver(isWithin: Bool) async {
        let key = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await wait(as: key, isWithin: isWithin, unless: { false })
    }

    private func wait(as key: UInt64, isWithin: Bool = false, unless isCancelled: () -> Bool) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let mustWait = state.withLock { state in
                // Looked at under the lock: a cancellation that comes later finds the waiter.
                guard isWithin ? !state.isOverForThem : !state.isOver, !isCancelled() else { return false }
                state.waiters[key] = Waiter(continuation: continuation, isWithin: isWithin)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    /// - Parameter sparingAskers: leaves channels from within which the server is being shut down to their drain timeout.
    private func closeEverything(sparingAskers: Bool) {
        let entries = state.withLock { state in
            state.isForced = true
            return sparingAskers ? state.open.filter { !state.asking.contains($0.key) } : state.open
        }
        for (key, entry) in entries {
            entry.task?.cancel()
            if entry.isHalfGone, entry.task != nil {
                // Its connection is closed, or its task has ended; either way the rest is not waited for.
                configuration.channel.logger.warning(
                    "A task of a channel did not end in the grace period.",
                    metadata: ["peer": "\(entry.channel?.name ?? "unknown")"]
                )
                remove(key)
            }
            entry.channel?.soon { $0.close() }
            if entry.channel == nil { entry.connection.close(promise: nil) }
        }
    }
}

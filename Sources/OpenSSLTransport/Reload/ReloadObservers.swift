internal import Synchronization

extension TLSConfiguration {
    /// Calls `body` after each reload that has changed something, for connections that were made before it.
    ///
    /// New handshakes use what was loaded already when it is called. It is called by the thread that reloads, and must not
    /// wait. What to do with a connection is told by ``TLSHandler/isOutdated`` and ``TLSHandler/verifyPeerAgain()``. To miss
    /// none, observe first and look at `isOutdated` then.
    ///
    /// - Returns: what keeps the observation going, until it is cancelled or dropped.
    public func observeReloads(_ body: @escaping @Sendable (Reload) -> Void) -> TLSReloadObservation {
        TLSReloadObservation(self.observers, body)
    }

    /// How many observe its reloads.
    package var reloadObserverCount: Int { self.observers.count }
}

/// An observation of reloads, which ends when it is cancelled or nobody holds it any more.
public final class TLSReloadObservation: Sendable {
    private let observers: ReloadObservers
    private let key: UInt64

    init(_ observers: ReloadObservers, _ body: @escaping @Sendable (TLSConfiguration.Reload) -> Void) {
        self.observers = observers
        self.key = observers.add(body)
    }

    deinit { self.cancel() }

    /// Ends it; a call that is under way goes on. Doing so twice does no harm.
    public func cancel() { self.observers.remove(self.key) }
}

/// Whoever wants to know of a configuration's reloads. Connections that do not ask are not in it.
final class ReloadObservers: Sendable {
    private struct State {
        var nextKey: UInt64 = 0
        var bodies: [UInt64: @Sendable (TLSConfiguration.Reload) -> Void] = [:]
    }

    private let state = Mutex(State())

    var count: Int { self.state.withLock { $0.bodies.count } }

    func add(_ body: @escaping @Sendable (TLSConfiguration.Reload) -> Void) -> UInt64 {
        self.state.withLock { state in
            state.nextKey += 1
            state.bodies[state.nextKey] = body
            return state.nextKey
        }
    }

    func remove(_ key: UInt64) {
        // What it holds may be freed with it, and must not be under the lock.
        let body = self.state.withLock { $0.bodies.removeValue(forKey: key) }
        withExtendedLifetime(body) {}
    }

    func notify(_ reload: TLSConfiguration.Reload) {
        for body in self.state.withLock({ Array($0.bodies.values) }) { body(reload) }
    }
}

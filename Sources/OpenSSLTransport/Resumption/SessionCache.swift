internal import Synchronization

/// The sessions that a client may resume, each once.
///
/// It belongs to one context, so whom one trusts, who one is and what ALPN offers are the same for all of them; what is
/// left to tell apart is the server. Bounded in all and for each server; what was unused for the longest time goes first.
final class SessionCache<Session: Sendable>: Sendable {
    /// For each server: as many as are of use to somebody who opens several connections at once.
    static var maximumForServer: Int { 8 }

    /// Which server a session is with: what was dialled, and the name that it was verified to have.
    struct Server: Hashable, Sendable {
        var host: String
        var port: Int?
        var name: String
    }

    private struct Entry {
        let number: UInt64
        let session: Session
    }

    /// Entries are numbered as they come, so that the oldest of all is found without a look at all of them.
    private struct State {
        /// Oldest first.
        var entries: [Server: [Entry]] = [:]
        var count = 0
        var nextNumber: UInt64 = 0
        /// Oldest first, from ``begin`` on, those that are gone among them.
        var order: [(number: UInt64, server: Server)] = []
        var begin = 0

        mutating func append(_ session: Session, with server: Server) {
            entries[server, default: []].append(Entry(number: nextNumber, session: session))
            order.append((nextNumber, server))
            nextNumber += 1
            count += 1
            if order.count > 2 * count + 64 {
                order = order.dropFirst(begin).filter { holds($0.number, of: $0.server) }
                begin = 0
            }
        }

        private func holds(_ number: UInt64, of server: Server) -> Bool {
            entries[server]?.contains { $0.number == number } ?? false
        }

        mutating func remove(at index: Int, of server: Server) -> Session? {
            guard let session = entries[server]?.remove(at: index).session else { return nil }
            if entries[server]?.isEmpty == true { entries[server] = nil }
            count -= 1
            return session
        }

        mutating func removeOldest() -> Session? {
            while begin < order.count {
                let (number, server) = order[begin]
                begin += 1
                if entries[server]?.first?.number == number { return remove(at: 0, of: server) }
            }
            return nil
        }
    }

    private let maximumCount: Int
    private let state = Mutex(State())

    init(maximumCount: Int) {
        self.maximumCount = max(1, maximumCount)
    }

    var count: Int { self.state.withLock { $0.count } }

    func insert(_ session: Session, with server: Server) {
        let dropped = self.state.withLock { state -> Session? in
            state.append(session, with: server)
            if let count = state.entries[server]?.count, count > Self.maximumForServer {
                return state.remove(at: 0, of: server)
            }
            return state.count > self.maximumCount ? state.removeOldest() : nil
        }
        withExtendedLifetime(dropped) {}  // freed outside the lock
    }

    /// The newest session with this server, which is forgotten with that.
    func take(_ server: Server) -> Session? {
        self.state.withLock { state in
            guard let count = state.entries[server]?.count, count > 0 else { return nil }
            return state.remove(at: count - 1, of: server)
        }
    }
}

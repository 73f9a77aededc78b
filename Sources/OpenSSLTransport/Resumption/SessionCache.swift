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
        let server: Server
        let session: Session
    }

    private let maximumCount: Int
    /// Oldest first.
    private let entries = Mutex<[Entry]>([])

    init(maximumCount: Int) {
        self.maximumCount = max(1, maximumCount)
    }

    var count: Int { self.entries.withLock { $0.count } }

    func insert(_ session: Session, with server: Server) {
        let dropped = self.entries.withLock { entries -> Entry? in
            entries.append(Entry(server: server, session: session))
            if entries.count(where: { $0.server == server }) > Self.maximumForServer,
                let oldest = entries.firstIndex(where: { $0.server == server })
            {
                return entries.remove(at: oldest)
            }
            return entries.count > self.maximumCount ? entries.removeFirst() : nil
        }
        withExtendedLifetime(dropped) {}  // freed outside the lock
    }

    /// The newest session with this server, which is forgotten with that.
    func take(_ server: Server) -> Session? {
        self.entries.withLock { entries in
            entries.lastIndex { $0.server == server }.map { entries.remove(at: $0).session }
        }
    }
}

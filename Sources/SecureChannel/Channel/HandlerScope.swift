internal import Synchronization

/// Within what of which channels a task runs, so that a channel or a server that is told to end from within does not wait for
/// whoever told it.
final class HandlerScope: Sendable {
    @TaskLocal static var current: HandlerScope?

    enum Kind: Sendable {
        /// A handler of `serve`, at work on one request at a time.
        case handler
        /// A server's `onChannel`.
        case onChannel
    }

    let channel: ObjectIdentifier
    let kind: Kind
    private let outer: HandlerScope?
    private let asks = Atomic(false)

    init(_ kind: Kind, of channel: Channel) {
        self.kind = kind
        self.channel = ObjectIdentifier(channel)
        self.outer = Self.current
    }

    /// The task's own scopes, from within.
    static var all: [HandlerScope] { Array(sequence(first: current, next: { $0?.outer }).compactMap { $0 }) }

    /// The handler of `channel` that the task belongs to.
    static func handler(of channel: Channel) -> HandlerScope? {
        guard current != nil else { return nil }
        return all.first { $0.kind == .handler && $0.channel == ObjectIdentifier(channel) }
    }

    /// It waits for the others.
    func ask() { asks.store(true, ordering: .relaxed) }

    /// Whether its handler has waited for the others since this was called last.
    func hasAsked() -> Bool {
        asks.load(ordering: .relaxed) && asks.exchange(false, ordering: .relaxed)
    }
}

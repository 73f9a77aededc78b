import Synchronization

/// Something that tests wait for, and that stays open once it is.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            state.isOpen = true
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Not ended by a cancellation.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

/// What was seen, in its order, across tasks.
final class Seen: Sendable {
    private let list = Mutex<[String]>([])

    var entries: [String] { list.withLock { $0 } }
    func note(_ entry: String) { list.withLock { $0.append(entry) } }
}

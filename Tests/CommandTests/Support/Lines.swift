internal import Foundation
internal import Synchronization

/// What a process writes to a stream: kept whole, and to be waited for.
final class Lines: Sendable {
    private struct State {
        var text = Data()
        var isOver = false
        var waiters: [(condition: @Sendable (String, Bool) -> Bool, continuation: CheckedContinuation<Void, Never>)] =
            []
    }

    private let state = Mutex(State())

    /// Reads until the end on a thread of its own, so that the process never waits for us.
    func read(from handle: FileHandle) {
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                // A terminal ends with EIO, which FileHandle takes for a reason to crash.
                let count = Foundation.read(handle.fileDescriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                let chunk = Data(buffer.prefix(max(0, count)))
                update { state in
                    state.text += chunk
                    state.isOver = chunk.isEmpty
                }
                if chunk.isEmpty { return }
            }
        }
    }

    /// Waits until `text` was written, or no more will be.
    ///
    /// - Returns: everything so far.
    func until(_ text: String) async -> String {
        await wait { $1 || $0.contains(text) }
    }

    /// Waits for the end.
    func all() async -> String {
        await wait { $1 }
    }

    private func wait(_ condition: @escaping @Sendable (String, Bool) -> Bool) async -> String {
        await withCheckedContinuation { continuation in
            update { $0.waiters.append((condition, continuation)) }
        }
        return state.withLock { String(decoding: $0.text, as: UTF8.self) }
    }

    private func update(_ change: (inout State) -> Void) {
        let ready = state.withLock { state in
            change(&state)
            let text = String(decoding: state.text, as: UTF8.self)
            let ready = state.waiters.filter { $0.condition(text, state.isOver) }
            state.waiters.removeAll { $0.condition(text, state.isOver) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }
}

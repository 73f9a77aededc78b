import Foundation

/// What a test waited for did not come in time.
struct Overdue: Error, CustomStringConvertible {
    var what: String
    var limit: Duration

    var description: String { "Waited \(limit) for \(what)." }
}

/// How long a test waits for another process: only one that hangs takes so long, however busy the machine.
let patience: Duration = .seconds(60)

/// Runs `body`, which must end when it is cancelled, for `limit` at most.
func withDeadline<Result: Sendable>(
    _ limit: Duration = patience,
    for what: String,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw Overdue(what: what, limit: limit)
        }
        defer { group.cancelAll() }
        for try await result in group { return result }
        throw CancellationError()
    }
}

/// Runs what blocks on a thread of its own, away from the pool that tests share.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Swift.Result { try body() }) }.start()
    }
}

/// The end of the time that a whole call may take.
struct Deadline {
    private let end: ContinuousClock.Instant?

    /// Begins to count now; nil sets no end.
    init(_ timeout: Duration?) {
        self.end = timeout.map { ContinuousClock.now + $0 }
    }

    /// What is left, at least a moment; nil if there is no end.
    var remaining: Duration? {
        end.map { max($0 - ContinuousClock.now, .milliseconds(1)) }
    }

    /// Runs `operation`, and cancels it at the end.
    ///
    /// - Throws: what `operation` throws, or the timeout's own error.
    func limit<Result: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Result,
        orThrow timeoutError: @escaping @Sendable () -> any Error
    ) async throws -> Result {
        guard let end else { return try await operation() }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(until: end, clock: .continuous)
                throw timeoutError()
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw timeoutError() }
            return result
        }
    }
}

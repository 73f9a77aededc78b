internal import SecureChannel
internal import Testing

/// What `bench --json` prints.
struct BenchResult {
    var outcome: Outcome
    private var object: Value

    init(_ outcome: Outcome) throws {
        self.outcome = outcome
        object = try Value(json: outcome.output)
    }

    /// Runs the command to its end.
    static func of(_ arguments: String...) async throws -> BenchResult {
        try BenchResult(await Command.run(["bench"] + arguments + ["--json"]))
    }

    subscript(key: String) -> Value? { object[key] }

    var calls: Int? { object["calls"]?.integer }
    var failed: Int? { object["failed"]?.integer }
    var unsent: Int? { object["unsent"]?.integer }
    var ended: String? { object["ended"]?.string }
    var seconds: Double { object["seconds"]?.double ?? .nan }
    /// In microseconds.
    var longest: Double { object["max"]?.double ?? .nan }
}

/// What a server was asked, by all its channels together.
actor Requests {
    private(set) var contents: [Value] = []
    private var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    var count: Int { contents.count }

    func add(_ content: Value) {
        contents.append(content)
        let ready = waiters.filter { $0.count <= contents.count }
        waiters.removeAll { $0.count <= contents.count }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Waits until there were so many.
    func reach(_ count: Int) async {
        guard contents.count < count else { return }
        await withCheckedContinuation { waiters.append((count, $0)) }
    }
}

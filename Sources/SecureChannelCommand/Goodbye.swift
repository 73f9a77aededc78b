internal import SecureChannel

/// Closes channels whose replies are here: a peer that does not answer our goodbye is not waited for any longer than a
/// second.
func sayGoodbye(to channels: [Channel]) async {
    let closing = Task {
        await withDiscardingTaskGroup { group in
            for channel in channels { group.addTask { await channel.close() } }
        }
    }
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    Task {
        await closing.value
        end.finish()
    }
    Task {
        try? await Task.sleep(for: .seconds(1))
        end.finish()
    }
    for await _ in ends {}
}

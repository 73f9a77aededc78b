internal import NIOPosix

// What blocks on files, tokens and long lists, for callers that may be on an event loop.
extension TLSConfiguration {
    /// ``validate(for:)`` on a thread that may block, unless all was read before.
    package func validateElsewhere(for role: TLSRole) async throws(TLSError) {
        guard self.currentContext(for: role) == nil else { return }
        try await self.elsewhere { () throws(TLSError) in try self.validate(for: role) }
    }

    /// Runs `work` on one of NIO's threads that may block.
    func elsewhere<Outcome: Sendable>(
        _ work: @escaping @Sendable () throws(TLSError) -> Outcome
    ) async throws(TLSError) -> Outcome {
        let result: Result<Outcome, TLSError>
        do {
            result = try await NIOThreadPool.singleton.runIfActive { Result(catching: work) }
        } catch {
            return try work()  // not reached: the pool is never shut down
        }
        return try result.get()
    }
}

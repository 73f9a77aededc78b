extension TLSConfiguration {
    /// Reloads whenever one of the files of certificate, key, trust roots and revocation lists has changed, until the task is cancelled.
    ///
    /// ```swift
    /// try await tls.reloadWhenFilesChange { result in logger.info("certificates: \(result)") }
    /// ```
    ///
    /// A bad state of the files, such as a new certificate whose key has not followed yet, changes nothing and is told
    /// once; the next change is the next try. See ``reload()`` for what counts from when on.
    ///
    /// - Parameters:
    ///   - interval: How often to look, 10 s by default and 100 ms at least.
    ///   - clock: What measures the interval.
    ///   - onReload: Called after each reload, and with the error of each that failed.
    /// - Throws: `CancellationError`, and nothing else.
    public func reloadWhenFilesChange(
        every interval: Duration = .seconds(10),
        clock: any Clock<Duration> = ContinuousClock(),
        _ onReload: @Sendable (Result<Reload, TLSError>) async -> Void
    ) async throws {
        var seen = self.fileSignatures
        while true {
            try await clock.sleep(for: max(interval, .milliseconds(100)))
            // Looked at before they are read: a change in between is one more to come.
            let now = self.fileSignatures
            guard now != seen else { continue }
            seen = now
            await onReload(Result { () throws(TLSError) in try self.reload() })
        }
    }
}

extension TLSConfiguration {
    /// Reloads whenever one of the files has changed that certificates, keys, passphrases, trust roots, revocation lists or OCSP responses
    /// come from, until the task is cancelled.
    ///
    /// ```swift
    /// try await tls.reloadWhenFilesChange { result in logger.info("certificates: \(result)") }
    /// ```
    ///
    /// A bad state of the files, such as a new certificate whose key has not followed yet, changes nothing and is told
    /// once; the next change is the next try. What time alone mends, such as a certificate that is not valid yet, is tried
    /// again each time. What changed before this was called is found, too. See ``reload()`` for what counts from when on.
    ///
    /// - Parameters:
    ///   - interval: How often to look, 10 s by default and 100 ms at least.
    ///   - clock: What measures the interval.
    ///   - onReload: Called after each reload, and with each error of those that failed.
    /// - Throws: `CancellationError`, and nothing else.
    public func reloadWhenFilesChange(
        every interval: Duration = .seconds(10),
        clock: any Clock<Duration> = ContinuousClock(),
        _ onReload: @Sendable (Result<Reload, TLSError>) async -> Void
    ) async throws {
        var watch = FileWatch()
        while true {
            try await clock.sleep(for: max(interval.bounded, .milliseconds(100)))
            // Looked at before they are read: a change in between is one more to come.
            // Both elsewhere, for this may run on an event loop.
            guard let look = watch.look(at: try await self.elsewhere { self.fileSignatures }) else { continue }
            let result = await self.reloadElsewhere()
            if watch.tells(result, of: look) { await onReload(result) }
        }
    }

    private func reloadElsewhere() async -> Result<Reload, TLSError> {
        do throws(TLSError) {
            return .success(try await self.elsewhere { () throws(TLSError) in try self.reload() })
        } catch {
            return .failure(error)
        }
    }
}

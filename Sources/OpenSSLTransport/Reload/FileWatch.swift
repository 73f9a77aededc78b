/// When files are read again, and what is told of it.
struct FileWatch {
    enum Look {
        /// What was loaded before may be older than what is there.
        case first
        case changed
        /// Nothing has changed but the time.
        case again
    }

    private var seen: [String: FileSignature]?
    /// What is wrong, if time alone may mend it.
    private var passing: TLSError.Cause?

    /// Why the files are to be read; nil if they need not be.
    mutating func look(at files: [String: FileSignature]) -> Look? {
        defer { self.seen = files }
        guard let seen = self.seen else { return .first }
        if seen != files { return .changed }
        return self.passing == nil ? nil : .again
    }

    /// Whether that is news.
    mutating func tells(_ result: Result<TLSConfiguration.Reload, TLSError>, of look: Look) -> Bool {
        switch result {
        case .success(let reload):
            self.passing = nil
            return look != .first || reload.isChange
        case .failure(let error):
            let isTold = look == .again && error.cause == self.passing
            // Nothing else is tried again: a wrong PIN, given often enough, would lock a token.
            let isPassing = error.cause == .ownCertificateNotYetValid || error.cause == .revocationUnknown
            self.passing = isPassing ? error.cause : nil
            return !isTold
        }
    }
}

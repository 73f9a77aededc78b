internal import ArgumentParser

/// A length of time with its unit on the command line, `10s` or `500ms`; fractions allowed, seconds without a unit.
struct TimeSpan: ExpressibleByArgument, Equatable {
    let duration: Duration

    /// Takes what is not negative and at most 1,000 hours.
    init?(argument: String) {
        let text = argument.trimmingPrefix(" ")
        let number = text.prefix { $0.isWholeNumber || $0 == "." }
        guard let value = Double(number), let unit = Self.units[String(text.dropFirst(number.count))] else {
            return nil
        }
        let seconds = value * unit
        guard (0...Self.longest).contains(seconds) else { return nil }
        self.duration = .seconds(seconds)
    }

    private static let units: [String: Double] = ["ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600]
    private static let longest = 3_600_000.0
}

internal import ArgumentParser

/// A number of seconds on the command line, fractions allowed.
struct Seconds: ExpressibleByArgument, Equatable {
    let duration: Duration

    /// Takes what is a number, not negative and at most a thousand million, some 31 years.
    init?(argument: String) {
        guard let seconds = Double(argument.trimmingPrefix(" ")), (0...1e9).contains(seconds) else { return nil }
        self.duration = .seconds(seconds)
    }
}

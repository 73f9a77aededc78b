/// When a certificate is valid, counted from the moment at which it is made: nothing here expires in a repository.
public struct Validity: Sendable, Hashable {
    /// From when on, relative to now; negative lies in the past.
    public var begins: Duration
    /// Until when, relative to now.
    public var ends: Duration

    public init(begins: Duration, ends: Duration) {
        self.begins = begins
        self.ends = ends
    }

    /// From a day ago, so that clocks may differ, until this many days from now.
    public static func days(_ count: Int) -> Validity {
        Validity(begins: -day, ends: day * count)
    }

    /// It was valid for a month and ended a day ago.
    public static let expired = Validity(begins: day * -31, ends: -day)

    /// It begins in a day and is valid for a month then.
    public static let notYet = Validity(begins: day, ends: day * 31)

    private static let day: Duration = .seconds(24 * 60 * 60)
}

extension Duration {
    fileprivate static prefix func - (duration: Duration) -> Duration { .zero - duration }
}

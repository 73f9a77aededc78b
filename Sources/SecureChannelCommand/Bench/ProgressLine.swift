/// The line that tells how far a measurement is.
enum ProgressLine: Equatable {
    case connecting(Int, of: Int)
    case warmingUp
    /// The share that is done, the calls a second so far, and how long it will still take, if that can be told.
    case measuring(share: Double, rate: Double, left: Duration?)
    /// The time is over, and some replies are not here yet.
    case waiting

    init(finished: Int, elapsed: Duration, limit: LoadLimit) {
        let rate = elapsed > .zero ? Double(finished) / (elapsed / .seconds(1)) : 0
        let shares = [
            limit.duration.map { elapsed / $0 },
            limit.requests.map { Double(finished) / Double($0) },
        ]
        let left = [
            limit.duration.map { $0 - elapsed },
            limit.requests.flatMap { rate > 0 ? .seconds(min(Double($0 - finished) / rate, Self.longest)) : nil },
        ]
        let share = shares.compactMap(\.self).max() ?? 0
        self = share < 1 ? .measuring(share: share, rate: rate, left: left.compactMap(\.self).min()) : .waiting
    }

    /// The line for a terminal of `width` columns: never as wide as that, because some begin a new line then.
    ///
    /// What does not fit is left out, the bar first and the percentage last.
    func text(width: Int) -> String {
        let candidates =
            switch self {
            case .connecting(let done, let count):
                ["connecting: \(Quantity.count(done)) of \(Quantity.count(count))", "connecting"]
            case .warmingUp:
                ["warming up"]
            case .waiting:
                ["waiting for the last replies", "waiting"]
            case .measuring(let share, let rate, let left):
                Self.candidates(share, rate: "\(Quantity.rate(rate)) calls/s", left.map(Self.text(left:)), width)
            }
        return candidates.first { $0.count < width } ?? ""
    }

    private static func candidates(_ share: Double, rate: String, _ left: String?, _ width: Int) -> [String] {
        let number = "\(Int(share * 100))"
        let percentage = String(repeating: " ", count: max(0, 3 - number.count)) + number + " %"
        let facts = ([rate] + [left].compactMap(\.self)).joined(separator: ", ")
        let room = min(widestBar, width - 1 - percentage.count - facts.count - "  []".count)
        var candidates = ["\(percentage) \(facts)", "\(percentage) \(rate)", percentage]
        if room >= narrowestBar {
            let filled = Int(share * Double(room))
            let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: room - filled)
            candidates.insert("\(percentage) [\(bar)] \(facts)", at: 0)
        }
        return candidates
    }

    /// `8 s left`, `3:05 left` or `1:00:00 left`: rounded up, so that it ends with 1.
    private static func text(left: Duration) -> String {
        let seconds = max(0, Int((left / .seconds(1)).rounded(.up)))
        guard seconds >= 60 else { return "\(seconds) s left" }
        let parts = seconds < 3600 ? [seconds / 60, seconds % 60] : [seconds / 3600, seconds / 60 % 60, seconds % 60]
        return parts.enumerated().map { $0 > 0 && $1 < 10 ? "0\($1)" : "\($1)" }.joined(separator: ":") + " left"
    }

    /// 1,000 hours: nobody wants to know it any better.
    private static let longest = 3_600_000.0
    private static let widestBar = 40
    private static let narrowestBar = 8
}

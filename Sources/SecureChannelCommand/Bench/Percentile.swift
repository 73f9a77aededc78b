/// A share of all calls, in millionths, so that p99.99 of 10,000 calls is the 9,999th and no rounding makes it another.
struct Percentile: Sendable {
    let perMillion: Int
    /// As people say it: `p99.9`.
    let name: String

    static let median = Percentile(perMillion: 500_000, name: "p50")
    static let p99 = Percentile(perMillion: 990_000, name: "p99")

    /// The percentiles that are told, in their order.
    static let all = [
        median, Percentile(perMillion: 900_000, name: "p90"), p99, Percentile(perMillion: 999_000, name: "p99.9"),
        Percentile(perMillion: 999_900, name: "p99.99"),
    ]

    /// Which one of `count` values in their order it is, counted from 1.
    func rank(in count: Int) -> Int {
        let whole = count / 1_000_000 * perMillion
        return whole + (count % 1_000_000 * perMillion + 999_999) / 1_000_000
    }
}

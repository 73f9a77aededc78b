internal import Testing

@testable internal import SecureChannelCommand

@Suite("A histogram of latencies")
struct LatencyHistogramTests {
    private func histogram(of nanoseconds: some Sequence<Int>) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for number in nanoseconds { histogram.record(.nanoseconds(number)) }
        return histogram
    }

    @Test("Below 2,048 ns everything is exact")
    func exact() {
        let histogram = histogram(of: (1...2000).reversed())
        #expect(histogram.count == 2000)
        #expect(Percentile.all.map(histogram.percentile) == [1000, 1800, 1980, 1998, 2000].map { .nanoseconds($0) })
        #expect(histogram.maximum == .nanoseconds(2000))
        #expect(histogram.mean == .nanoseconds(1000.5))
    }

    @Test("A percentile is the least latency that so many do not exceed, and never one that nobody had")
    func few() {
        #expect(Percentile.all.map(histogram(of: [7]).percentile) == Array(repeating: .nanoseconds(7), count: 5))
        #expect(histogram(of: [3, 5]).percentile(.median) == .nanoseconds(3))
        #expect(histogram(of: [1, 3, 5]).percentile(.median) == .nanoseconds(3))
        // The slot of 5,000,001 ns ends behind it.
        #expect(histogram(of: [5_000_001]).percentile(.median) == .nanoseconds(5_000_001))
    }

    @Test("With none recorded everything is nothing")
    func empty() {
        let histogram = LatencyHistogram()
        #expect(histogram.count == 0 && histogram.mean == .zero && histogram.maximum == .zero)
        #expect(histogram.percentile(.p99) == .zero)
        histogram.forEachSlot { _, _ in Issue.record("a slot has a count") }
    }

    @Test(
        "Slots follow one another without a gap from nothing to the largest number, none wider than 0.1 % of what it holds"
    )
    func slots() {
        var next: UInt64 = 0
        for slot in 0...LatencyHistogram.slot(of: .max) {
            let range = LatencyHistogram.range(of: slot)
            #expect(range.lowerBound == next)
            #expect(LatencyHistogram.slot(of: range.lowerBound) == slot)
            #expect(LatencyHistogram.slot(of: range.upperBound) == slot)
            #expect(range.upperBound - range.lowerBound <= range.lowerBound / 1024)
            next = range.upperBound &+ 1
        }
        #expect(next == 0)
    }

    @Test("Percentiles of random latencies, from microseconds to minutes, are the sorted ones' to 0.1 %")
    func random() {
        var generator = FixedGenerator(seed: 1)
        // So that every power of two has about as many.
        let numbers = (0..<100_000).map { _ in
            Int.random(in: 0..<(1 << Int.random(in: 10...37, using: &generator)), using: &generator)
        }
        let histogram = histogram(of: numbers)
        let sorted = numbers.sorted()
        for percentile in Percentile.all {
            let exact = Double(sorted[percentile.rank(in: sorted.count) - 1])
            let found = histogram.percentile(percentile) / .nanoseconds(1)
            #expect(found >= exact && found <= exact * 1.001, "\(percentile.name)")
        }
        #expect(histogram.maximum == sorted.last.map { .nanoseconds($0) })
        let mean = Double(numbers.reduce(0, +)) / Double(numbers.count)
        #expect(abs(histogram.mean / .nanoseconds(1) - mean) <= mean * 0.001)
    }

    @Test("What is shorter than nothing counts as nothing, and what is too long for 64 bits as the longest")
    func beyond() {
        var histogram = LatencyHistogram()
        histogram.record(.seconds(-1))
        #expect(histogram.maximum == .zero)
        histogram.record(.seconds(Int64.max))
        #expect(histogram.maximum == .nanoseconds(UInt64.max))
        #expect(histogram.percentile(.median) == .zero)
        #expect(histogram.percentile(.p99) == .nanoseconds(UInt64.max))
    }

    @Test("Two added are one of all latencies")
    func sum() {
        var left = histogram(of: 1...500)
        left.add(histogram(of: 501...1000))
        let both = histogram(of: 1...1000)
        #expect(left.count == both.count && left.maximum == both.maximum && left.mean == both.mean)
        #expect(Percentile.all.map(left.percentile) == Percentile.all.map(both.percentile))
    }

    @Test(
        "A percentile's rank is the smallest that reaches its share, without a rounding error",
        arguments: [
            (500_000, 1, 1), (500_000, 2, 1), (500_000, 3, 2), (990_000, 100, 99), (990_000, 101, 100),
            (999_900, 10_000, 9999), (999_900, 10_001, 10_000), (999_900, 1_000_000_000_000_000, 999_900_000_000_000),
        ]
    )
    func rank(perMillion: Int, count: Int, rank: Int) {
        #expect(Percentile(perMillion: perMillion, name: "").rank(in: count) == rank)
    }
}

/// The same numbers on every run: SplitMix64.
private struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

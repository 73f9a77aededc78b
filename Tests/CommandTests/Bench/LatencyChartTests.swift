internal import Testing

@testable internal import SecureChannelCommand

@Suite("Latencies in rows")
struct LatencyChartTests {
    private func chart(of latencies: [(latency: Duration, count: Int)]) -> LatencyChart {
        var histogram = LatencyHistogram()
        for (latency, count) in latencies {
            for _ in 0..<count { histogram.record(latency) }
        }
        return LatencyChart(histogram)
    }

    @Test("Rows have round limits, and go from the shortest latency to the longest with none left out")
    func rows() {
        let rows = chart(of: [(.microseconds(110), 3), (.microseconds(119), 1), (.microseconds(200), 5)]).rows
        #expect(
            rows == [
                .init(lower: .microseconds(100), upper: .microseconds(120), count: 4),
                .init(lower: .microseconds(120), upper: .microseconds(150), count: 0),
                .init(lower: .microseconds(150), upper: .microseconds(180), count: 0),
                .init(lower: .microseconds(180), upper: .microseconds(220), count: 5),
            ]
        )
    }

    @Test(
        "However far apart latencies are, there are 20 rows at most, and each latency is in the row whose limits it is within",
        arguments: [1, 20, 500, 10_000, 1_000_000, 100_000_000, 10_000_000_000, 10_000_000_000_000_000]
    )
    func spread(factor: Int) {
        let latencies = [Duration.nanoseconds(130), .nanoseconds(130 * factor)]
        let rows = chart(of: latencies.map { ($0, 1) }).rows
        #expect((1...20).contains(rows.count))
        #expect(rows.map(\.count).reduce(0, +) == 2)
        for row in rows {
            // To the histogram's 0.1 %.
            #expect(row.count == latencies.count { $0 * 1.001 >= row.lower && $0 * 0.999 < row.upper })
        }
        for (row, next) in zip(rows, rows.dropFirst()) { #expect(row.upper == next.lower && row.lower < row.upper) }
    }

    @Test("Nothing recorded, no rows; nothing taken, a row from nothing")
    func extremes() {
        #expect(chart(of: []).rows == [])
        #expect(chart(of: [(.zero, 2)]).rows == [.init(lower: .zero, upper: .nanoseconds(100), count: 2)])
        #expect(chart(of: [(.seconds(Int64.max), 1)]).rows.map(\.count) == [1])
    }

    @Test("The largest row has the whole bar, whatever is there has a part of one, and what is not has none")
    func lines() {
        let chart = chart(of: [(.microseconds(110), 2000), (.microseconds(160), 1000), (.microseconds(200), 1)])
        #expect(
            chart.lines(width: 10) == [
                "  from      to  calls",
                "100 µs  120 µs  2,000  ##########",
                "120 µs  150 µs      0",
                "150 µs  180 µs  1,000  #####",
                "180 µs  220 µs      1  #",
            ]
        )
    }
}

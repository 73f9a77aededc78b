/// Latencies in few rows, whose limits are round and grow by about the same factor: fine enough to see the shape, coarse
/// enough for a screen.
struct LatencyChart {
    struct Row: Equatable {
        var lower: Duration
        /// Not within the row.
        var upper: Duration
        var count: Int
    }

    /// From the row of the shortest latency to that of the longest, empty ones between them included.
    let rows: [Row]

    init(_ histogram: LatencyHistogram) {
        var slots: [(nanoseconds: Double, count: Int)] = []
        histogram.forEachSlot { range, count in
            slots.append((Double(range.lowerBound) + Double(range.upperBound - range.lowerBound) / 2, count))
        }
        guard let first = slots.first, let last = slots.last else {
            rows = []
            return
        }
        let limits = Self.limits(from: first.nanoseconds, to: last.nanoseconds)
        var rows = zip(limits, limits.dropFirst()).map { lower, upper in
            Row(lower: .nanoseconds(lower), upper: .nanoseconds(upper), count: 0)
        }
        var index = 0
        for slot in slots {
            while index < rows.count - 1, slot.nanoseconds >= limits[index + 1] { index += 1 }
            rows[index].count += slot.count
        }
        self.rows = rows
    }

    /// The rows as text below a heading, with a bar of `width` characters for the largest.
    func lines(width: Int) -> [String] {
        let largest = rows.map(\.count).max() ?? 0
        let texts = rows.map { row in
            // Whatever is there is seen.
            let length = row.count == 0 ? 0 : max(1, Int(Double(row.count) / Double(largest) * Double(width)))
            return [
                Quantity.time(row.lower), Quantity.time(row.upper), Quantity.count(row.count),
                String(repeating: "#", count: length),
            ]
        }
        return Columns.aligned([["from", "to", "calls", ""]] + texts, rightAligned: [0, 1, 2])
    }

    /// The limits of as many rows as are needed, in the finest series that needs no more than ``mostRows``.
    private static func limits(from shortest: Double, to longest: Double) -> [Double] {
        var limits: ArraySlice<Double> = []
        for series in allSeries {
            var all = [0.0]
            for decade in decades { all += series.map { $0 * decade } }
            let first = all.lastIndex { $0 <= shortest } ?? 0
            let last = all.firstIndex { $0 > longest } ?? all.count - 1
            limits = all[first...last]
            if limits.count - 1 <= mostRows { break }
        }
        return Array(limits)
    }

    private static let mostRows = 20
    /// Of preferred numbers (IEC 60063), and decades where even the coarsest has too many rows.
    private static let allSeries: [[Double]] = [
        [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2], [1, 1.5, 2.2, 3.3, 4.7, 6.8], [1, 2.2, 4.7], [1],
    ]
    /// From 100 ns to beyond the longest that a histogram holds.
    private static let decades = Array(sequence(first: 100.0) { $0 * 10 }.prefix(19))
}

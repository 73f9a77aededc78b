/// Counts of latencies in buckets whose width is at most 1/64 of their value, in fixed memory.
public struct LatencyHistogram: Sendable {
    public private(set) var count = 0
    // 64 linear buckets below 64 ns, then 64 for each further power of two.
    private var counts = [Int](repeating: 0, count: 64 * 59)

    public init() {}

    public mutating func record(nanoseconds: UInt64) {
        counts[Self.bucket(of: nanoseconds)] += 1
        count += 1
    }

    public mutating func add(_ other: LatencyHistogram) {
        for bucket in counts.indices { counts[bucket] += other.counts[bucket] }
        count += other.count
    }

    /// The upper edge of the bucket that holds the quantile; 0 if nothing was recorded.
    public func microseconds(atQuantile quantile: Double) -> Double {
        let rank = Int((Double(count) * quantile).rounded(.up))
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if seen >= rank, count > 0 { return Double(Self.upperEdge(of: bucket)) / 1000 }
        }
        return 0
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= 64 else { return Int(value) }
        let shift = 57 - value.leadingZeroBitCount
        return (shift + 1) * 64 + Int(value >> UInt64(shift)) - 64
    }

    private static func upperEdge(of bucket: Int) -> UInt64 {
        guard bucket >= 64 else { return UInt64(bucket) }
        let shift = UInt64(bucket / 64 - 1)
        return (UInt64(bucket % 64 + 65) << shift) - 1
    }
}

/// Counts latencies, each to within 0.1 % of itself however long it is, in constant space: an HDR histogram
/// (http://hdrhistogram.org).
///
/// Every power of two of nanoseconds is cut into 1,024 slots of the same width, and what is shorter than 2,048 ns is counted
/// exactly. Recording finds its slot by two shifts and allocates nothing.
///
/// It is ours and not hdrhistogram-swift's because SwiftPM has whoever uses one product of a package resolve the dependencies
/// of all: that library, and swift-numerics below it, would be everybody's for the sake of the command.
struct LatencyHistogram: Sendable {
    private var counts = [Int](repeating: 0, count: slotCount)
    /// How many latencies were recorded.
    private(set) var count = 0
    private var longest: UInt64 = 0

    mutating func record(_ latency: Duration) {
        let nanoseconds = UInt64(clamping: latency.attoseconds / Self.attosecondsPerNanosecond)
        counts[Self.slot(of: nanoseconds)] += 1
        count += 1
        longest = max(longest, nanoseconds)
    }

    /// Adds what another one has counted.
    mutating func add(_ other: LatencyHistogram) {
        for slot in counts.indices { counts[slot] += other.counts[slot] }
        count += other.count
        longest = max(longest, other.longest)
    }

    // MARK: What was recorded

    /// The longest latency, exactly.
    var maximum: Duration { .nanoseconds(longest) }

    var mean: Duration {
        guard count > 0 else { return .zero }
        var sum = 0.0
        forEachSlot { range, count in
            sum += (Double(range.lowerBound) + Double(range.upperBound)) / 2 * Double(count)
        }
        return .nanoseconds(sum / Double(count))
    }

    /// The latency that at least this share of the recorded ones do not exceed.
    func percentile(_ percentile: Percentile) -> Duration {
        let rank = percentile.rank(in: count)
        var passed = 0
        for slot in counts.indices {
            passed += counts[slot]
            if passed >= rank { return .nanoseconds(min(Self.range(of: slot).upperBound, longest)) }
        }
        return maximum
    }

    /// Gives every slot that has a count, shortest first, with its nanoseconds.
    func forEachSlot(_ body: (ClosedRange<UInt64>, Int) -> Void) {
        for slot in counts.indices where counts[slot] > 0 { body(Self.range(of: slot), counts[slot]) }
    }

    // MARK: Slots

    static func slot(of nanoseconds: UInt64) -> Int {
        let shift = max(0, UInt64.bitWidth - nanoseconds.leadingZeroBitCount - significantBits)
        return (shift << (significantBits - 1)) + Int(nanoseconds >> shift)
    }

    static func range(of slot: Int) -> ClosedRange<UInt64> {
        let shift = max(0, (slot >> (significantBits - 1)) - 1)
        let lowest = UInt64(slot - (shift << (significantBits - 1))) << shift
        return lowest...(lowest + ((1 << shift) - 1))
    }

    private static let significantBits = 11
    private static let slotCount = slot(of: .max) + 1
    private static let attosecondsPerNanosecond: Int128 = 1_000_000_000
}

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A point in time as MessagePack writes it.
internal struct Timestamp: Hashable {
    /// Since 1970-01-01 00:00:00 UTC.
    var seconds: Int64
    /// After that second; 0 to 999,999,999.
    var nanoseconds: UInt32

    /// Nil if `nanoseconds` is a second or more.
    init?(seconds: Int64, nanoseconds: UInt32) {
        guard nanoseconds < 1_000_000_000 else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

// A `Date` counts from 2001 and not from 1970. Everything is computed from its own count, because adding the difference to
// it as floating point would round away the last bit; so a date survives there and back unless it is finer than 1 ns.
extension Timestamp {
    /// Nil if the date is not finite or too far away for 64 bits.
    init?(_ date: Date) {
        let interval = date.timeIntervalSinceReferenceDate
        let wholeSeconds = interval.rounded(.down)
        guard var seconds = Int64(exactly: wholeSeconds) else { return nil }
        var nanoseconds = UInt32(((interval - wholeSeconds) * 1e9).rounded())
        if nanoseconds == 1_000_000_000 {
            nanoseconds = 0
            seconds += 1
        }
        let (sum, overflow) = seconds.addingReportingOverflow(Self.secondsFrom1970To2001)
        guard !overflow else { return nil }
        self.seconds = sum
        self.nanoseconds = nanoseconds
    }

    var date: Date {
        let (seconds, overflow) = seconds.subtractingReportingOverflow(Self.secondsFrom1970To2001)
        guard !overflow else { return Date(timeIntervalSince1970: Double(self.seconds)) }
        return Date(timeIntervalSinceReferenceDate: Double(seconds) + Double(nanoseconds) / 1e9)
    }

    private static var secondsFrom1970To2001: Int64 { 978_307_200 }
}

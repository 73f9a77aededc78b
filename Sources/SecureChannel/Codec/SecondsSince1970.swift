#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// JSON has points in time as seconds since 1970. As a `Double` that is coarser than a `Date`, which counts from 2001, and
// than nanoseconds. Where a bit would be lost, there are more digits than a `Double` has: whoever reads them as one gets
// the nearest, and this library the same point in time.

extension Value {
    /// The fewest digits with which ``JSONReader`` does not take a number for a `Double`.
    static var exactDigitCount: Int { 18 }

    private static var secondsFrom1970To2001: Int64 { 978_307_200 }

    init(secondsSince1970 date: Date) {
        let seconds = date.timeIntervalSince1970
        guard Date(timeIntervalSince1970: seconds) != date,
            let interval = DecimalNumber(date.timeIntervalSinceReferenceDate.description),
            let exact = interval.adding(Self.secondsFrom1970To2001)
        else {
            self = .double(seconds)
            return
        }
        self = .number(exact.text(digitCount: Self.exactDigitCount))
    }

    init(secondsSince1970 seconds: Int64, nanoseconds: UInt32) {
        let double = Double(seconds) + Double(nanoseconds) / 1e9
        let whole = double.rounded(.down)
        let isExact = Int64(exactly: whole) == seconds && ((double - whole) * 1e9).rounded() == Double(nanoseconds)
        guard !isExact, let exact = DecimalNumber("\(nanoseconds)e-9")?.adding(seconds) else {
            self = .double(double)
            return
        }
        self = .number(exact.text(digitCount: Self.exactDigitCount))
    }

    /// The date so many seconds since 1970; nil for what is no finite number.
    var dateSince1970: Date? {
        switch self {
        case .integer(let seconds):
            let (interval, isTooFar) = seconds.subtractingReportingOverflow(Self.secondsFrom1970To2001)
            guard !isTooFar else { return Date(timeIntervalSince1970: Double(seconds)) }
            return Date(timeIntervalSinceReferenceDate: Double(interval))
        case .unsigned(let seconds):
            return Date(timeIntervalSince1970: Double(seconds))
        case .double(let seconds):
            return seconds.isFinite ? Date(timeIntervalSince1970: seconds) : nil
        case .number(let text):
            guard let number = DecimalNumber(text), let seconds = Double(text), seconds.isFinite else { return nil }
            let interval = number.adding(-Self.secondsFrom1970To2001).flatMap { Double($0.text(digitCount: 0)) }
            return interval.map { Date(timeIntervalSinceReferenceDate: $0) } ?? Date(timeIntervalSince1970: seconds)
        default:
            return nil
        }
    }
}

import Foundation
import SecureChannel
import Testing

/// Points in time, which JSON counts from another year than `Date`.
@Suite struct DateTests {
    static let edges: [TimeInterval] = [
        0, -0.0, 0.1, -0.1, -0.3, 1e-9, -1e-9, 1e-300, -1e-300, .leastNonzeroMagnitude, -978_307_200, -978_307_199.7,
        -978_307_200.3,
        (-978_307_200.0).nextUp, (-978_307_200.0).nextDown, -978_307_201, 1e9, 1e9.nextUp, 1e9.nextDown,
        0x1p52, 0x1p52 + 1, 0x1p53 + 2, 0x1p60, -0x1p60, 1e18, 1e300, -1e300,
        Date.distantPast.timeIntervalSinceReferenceDate, Date.distantFuture.timeIntervalSinceReferenceDate,
    ]

    private struct Event: Codable, Equatable {
        var at: Date
        var others: [Date]
    }

    private func expectSame(_ date: Date) throws {
        let bytes = try encoded(date, .json)
        let back: Date = try decoded(bytes, .json)
        guard back == date else {
            Issue.record("\(date.timeIntervalSinceReferenceDate) became \(back.timeIntervalSinceReferenceDate)")
            return
        }
        // What others read as a floating point number is as near as it can be, or its neighbour.
        let seconds = try #require(Double(String(decoding: bytes, as: UTF8.self)))
        let difference = abs(seconds - date.timeIntervalSince1970)
        if difference > seconds.ulp { Issue.record("\(seconds) for \(date.timeIntervalSince1970)") }
    }

    @Test("A date from 1970 to 2100 keeps its last bit in JSON", arguments: 0..<10)
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let interval = Double.random(in: -978_307_200...3_124_224_000, using: &generator)
            try expectSame(Date(timeIntervalSinceReferenceDate: interval))
            // Those with few bits before the point have many after it.
            let exponent = Double.random(in: -30...22, using: &generator)
            try expectSame(
                Date(timeIntervalSinceReferenceDate: interval.sign == .minus ? -exp2(exponent) : exp2(exponent))
            )
        }
    }

    @Test("So do dates at the edges, alone and in containers", arguments: edges)
    func edge(interval: TimeInterval) throws {
        let date = Date(timeIntervalSinceReferenceDate: interval)
        try expectSame(date)
        let event = Event(at: date, others: [date, Date(timeIntervalSinceReferenceDate: -interval)])
        #expect(try decoded(encoded(event, .json), .json) == event)
    }

    @Test("Where nothing is lost a date is as short as Python writes it")
    func short() throws {
        for (seconds, text) in [
            (0, "0.0"), (1.5, "1.5"), (-0.25, "-0.25"), (1_700_000_000, "1700000000.0"),
            (1_700_000_000.123456, "1700000000.123456"), (4e9, "4000000000.0"),
        ] as [(Double, String)] {
            #expect(try encoded(Date(timeIntervalSince1970: seconds), .json) == Array(text.utf8))
            #expect(try decoded(Array(text.utf8), .json) == Date(timeIntervalSince1970: seconds))
        }
    }

    @Test("A date is read from numbers of any length")
    func long() throws {
        for (text, interval) in [
            ("978307200.000000000", 0), ("978307199.700000000000000000", -0.3),
            ("-0.00000000000000000000001", -978_307_200),
            ("978307200.1000000000000000055511151231257827", 0.1), ("1e10", 10_000_000_000 - 978_307_200),
            ("9783072000000000000000e-13", 0), ("1234567890123456789012", 1.2345678901224785e21),
        ] as [(String, TimeInterval)] {
            let date: Date = try decoded(Array(text.utf8), .json)
            #expect(date.timeIntervalSinceReferenceDate == interval, "\(text)")
        }
        // What would take much memory to be exact is rounded twice.
        let small = "1.234567890123456789e-999999999"
        #expect(try decoded(Array(small.utf8), .json) == Date(timeIntervalSince1970: 0))
        let long = "978307200." + String(repeating: "0", count: 100_000) + "1"
        #expect(try decoded(Array(long.utf8), .json) == Date(timeIntervalSinceReferenceDate: 0))
    }

    @Test(
        "A timestamp keeps its nanoseconds in JSON",
        arguments: [
            (1_700_000_000, 7, "1700000000.00000000700000000"), (1_700_000_000, 500_000_000, "1700000000.5"),
            (-1, 1, "-0.999999999"), (-1_700_000_000, 1, "-1699999999.99999999900000000"),
            (0, 1, "1e-09"), (253_402_300_799, 999_999_999, "253402300799.999999999"),
        ] as [(Int64, UInt32, String)]
    )
    func timestamps(seconds: Int64, nanoseconds: UInt32, text: String) throws {
        let value = Value.timestamp(seconds: seconds, nanoseconds: nanoseconds)
        let written = String(decoding: try encoded(value, .json), as: UTF8.self)
        #expect(Decimal(string: written) == Decimal(string: text))
        let date: Date = try decoded(Array(written.utf8), .json)
        let fromMessagePack: Date = try decoded(encoded(value, .messagePack), .messagePack)
        #expect(date == fromMessagePack)
    }
}

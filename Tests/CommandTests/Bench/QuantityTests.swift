internal import Testing

@testable internal import SecureChannelCommand

@Suite("Numbers for people")
struct QuantityTests {
    @Test(
        "Times have three digits and a unit that fits",
        arguments: [
            (Duration.zero, "0.00 ns"), (.nanoseconds(7), "7.00 ns"), (.nanoseconds(999), "999 ns"),
            (.nanoseconds(1000), "1.00 µs"), (.nanoseconds(9994), "9.99 µs"), (.nanoseconds(9996), "10.0 µs"),
            (.nanoseconds(83_149), "83.1 µs"), (.nanoseconds(99_960), "100 µs"), (.nanoseconds(999_400), "999 µs"),
            (.nanoseconds(999_600), "1.00 ms"), (.milliseconds(250), "250 ms"), (.milliseconds(1500), "1.50 s"),
            (.seconds(12_345), "12345 s"),
        ]
    )
    func times(time: Duration, text: String) {
        #expect(Quantity.time(time) == text)
    }

    @Test(
        "Counts have their digits in groups of three",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")]
    )
    func counts(count: Int, text: String) {
        #expect(Quantity.count(count) == text)
    }

    @Test("Rates are whole where they are large")
    func rates() {
        #expect([0.5, 12.34, 99.94, 99.96, 1234.5].map(Quantity.rate) == ["0.50", "12.3", "99.9", "100", "1,235"])
    }

    @Test("One of something is not several")
    func nouns() {
        #expect([0, 1, 2000].map { Quantity.count($0, "byte") } == ["0 bytes", "1 byte", "2,000 bytes"])
    }

    @Test("Columns are as wide as their widest cell, and no line ends with a blank")
    func columns() {
        #expect(
            Columns.aligned([["a", "1", "x"], ["bcd", "234"], []], rightAligned: [1]) == [
                "a      1  x", "bcd  234", "",
            ]
        )
        #expect(Columns.aligned([]) == [])
    }

    @Test(
        "Lengths of time have a unit, or are seconds",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("1.5m", .seconds(90)),
            ("2h", .seconds(7200)),
            ("3", .seconds(3)), ("0", .zero), ("0.25", .milliseconds(250)), ("1000h", .seconds(3_600_000)),
        ]
    )
    func spans(text: String, duration: Duration) {
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test(
        "What is no length of time, is negative or longer than 1,000 hours is refused",
        arguments: [
            "", "s", "ms", "x", "10 s", "10S", "1d", "-1s", " -1s", "1s1", "1e3", "nan", "inf", "1.2.3s", "1001h", "٣s",
        ]
    )
    func noSpans(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }
}

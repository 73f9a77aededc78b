internal import Testing

@testable internal import SecureChannelCommand

@Suite("Durations on the command line")
struct DurationOptionTests {
    @Test(
        "What no clock can count is no number of seconds",
        arguments: [
            "", " ", "-1", "-0.001", "nan", "-nan", "inf", "-inf", "1e10", "1e308", "1e400", "9223372036854775807",
            "-9223372036854775808", "0x1p1000", "١", "1 s",
        ]
    )
    func refusedSeconds(_ text: String) {
        #expect(Seconds(argument: text) == nil)
    }

    @Test(
        "The longest, the shortest and nothing at all are seconds that a deadline can be set by",
        arguments: ["1e9", "1e-300", "0", "-0"]
    )
    func extremeSeconds(_ text: String) async throws {
        let seconds = try #require(Seconds(argument: text))
        #expect(seconds.duration >= .zero)
        let deadline = Deadline(seconds.duration)
        let remaining = try #require(deadline.remaining)
        #expect(remaining > .zero)
        if text == "1e9" {
            #expect(try await deadline.limit({ 1 }, orThrow: { CancellationError() }) == 1)
        } else {
            await #expect(throws: CancellationError.self) {
                try await deadline.limit({ try await Task.sleep(for: .seconds(60)) }, orThrow: { CancellationError() })
            }
        }
    }

    @Test(
        "What no load can last is no length of time",
        arguments: [
            "", "s", ".", "-1s", "nans", "infh", "1001h", "1e3s", "\(String(repeating: "9", count: 400))s",
            "9223372036854775807ms",
            "1d", "١s", "1.2.3s",
        ]
    )
    func refusedSpans(_ text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test(
        "The longest and the shortest load are lengths of time",
        arguments: ["1000h", "0ms", "0.0000000000000000000000001s", "3600000"]
    )
    func extremeSpans(_ text: String) throws {
        let span = try #require(TimeSpan(argument: text))
        #expect(span.duration >= .zero && span.duration <= .seconds(3_600_000))
    }
}

internal import Testing

@testable internal import SecureChannelCommand

@Suite("The line that tells of progress")
struct ProgressLineTests {
    @Test("By time: the share of the time, the rate so far and the time that is left")
    func time() {
        let line = ProgressLine(finished: 5000, elapsed: .milliseconds(2500), limit: LoadLimit(duration: .seconds(10)))
        #expect(line == .measuring(share: 0.25, rate: 2000, left: .milliseconds(7500)))
        #expect(line.text(width: 80) == " 25 % [##########------------------------------] 2,000 calls/s, 8 s left")
    }

    @Test("By requests: the share of the requests, and what the rest will take at the rate so far")
    func requests() {
        let line = ProgressLine(finished: 500, elapsed: .seconds(1), limit: LoadLimit(requests: 100_000))
        #expect(line == .measuring(share: 0.005, rate: 500, left: .seconds(199)))
        #expect(line.text(width: 80) == "  0 % [----------------------------------------] 500 calls/s, 3:19 left")
        let begin = ProgressLine(finished: 0, elapsed: .zero, limit: LoadLimit(requests: 5))
        #expect(begin.text(width: 30) == "  0 % [--------] 0.00 calls/s")
    }

    @Test("By both: whichever will come first")
    func both() {
        let limit = LoadLimit(requests: 1000, duration: .seconds(10))
        #expect(
            ProgressLine(finished: 900, elapsed: .seconds(1), limit: limit)
                == .measuring(share: 0.9, rate: 900, left: .seconds(100.0 / 900))
        )
        #expect(
            ProgressLine(finished: 9, elapsed: .seconds(9), limit: limit)
                == .measuring(share: 0.9, rate: 1, left: .seconds(1))
        )
    }

    @Test("When the limit is reached there are only the last replies to wait for")
    func waiting() {
        let line = ProgressLine(finished: 1, elapsed: .seconds(11), limit: LoadLimit(duration: .seconds(10)))
        #expect(line == .waiting && line.text(width: 80) == "waiting for the last replies")
    }

    @Test(
        "What does not fit is left out",
        arguments: [
            (58, " 50 % [##########----------] 12,345 calls/s, 1:00:01 left"),
            (46, " 50 % [####----] 12,345 calls/s, 1:00:01 left"), (45, " 50 % 12,345 calls/s, 1:00:01 left"),
            (35, " 50 % 12,345 calls/s, 1:00:01 left"), (34, " 50 % 12,345 calls/s"), (21, " 50 % 12,345 calls/s"),
            (20, " 50 %"), (6, " 50 %"), (5, ""), (0, ""),
        ]
    )
    func narrow(width: Int, text: String) {
        let line = ProgressLine.measuring(share: 0.5, rate: 12_345, left: .seconds(3601))
        #expect(line.text(width: width) == text)
    }

    @Test("No line is as wide as the terminal, whatever it tells", arguments: 0...120)
    func width(width: Int) {
        let lines: [ProgressLine] = [
            .connecting(1000, of: 65_536), .warmingUp, .waiting,
            .measuring(share: 0.999, rate: 1_234_567, left: .seconds(360_000)),
            .measuring(share: 0, rate: 0, left: nil),
        ]
        for line in lines { #expect(line.text(width: width).count < max(1, width)) }
    }

    @Test("Before that it tells of connections and of warming up")
    func before() {
        #expect(ProgressLine.connecting(12, of: 1000).text(width: 80) == "connecting: 12 of 1,000")
        #expect(ProgressLine.connecting(12, of: 1000).text(width: 20) == "connecting")
        #expect(ProgressLine.warmingUp.text(width: 80) == "warming up")
    }
}

import Testing

@testable import SecureChannel

@Suite("Pauses between attempts to connect")
struct RetryScheduleTests {
    @Test("No time means no second attempt")
    func once() {
        var schedule = RetrySchedule(limit: .zero)
        #expect(schedule.next(elapsed: .milliseconds(1), jitter: 0) == nil)
    }

    @Test("Pauses grow by half from half a second to thirty")
    func growth() {
        var schedule = RetrySchedule(limit: nil)
        var pauses: [Duration] = []
        for _ in 0..<14 { pauses.append(schedule.next(elapsed: .zero, jitter: 0) ?? .zero) }
        #expect(pauses[0] == .milliseconds(500))
        #expect(pauses[1] == .milliseconds(750))
        #expect(pauses[2] == .milliseconds(1125))
        #expect(pauses[12] == .seconds(30))
        #expect(pauses[13] == .seconds(30))
    }

    @Test("Chance moves a pause by a quarter at most", arguments: [(-1.0, 375), (1.0, 625), (0.5, 562)])
    func jitter(_ jitter: Double, _ milliseconds: Int) {
        var schedule = RetrySchedule(limit: nil)
        let pause = schedule.next(elapsed: .zero, jitter: jitter) ?? .zero
        #expect(Int(pause / .milliseconds(1)) == milliseconds)
    }

    @Test("The last pause ends when the time does, so that there is a last attempt then")
    func lastAttempt() {
        var schedule = RetrySchedule(limit: .seconds(1))
        #expect(schedule.next(elapsed: .zero, jitter: 0) == .milliseconds(500))
        #expect(schedule.next(elapsed: .milliseconds(600), jitter: 0) == .milliseconds(400))
        #expect(schedule.next(elapsed: .milliseconds(400), jitter: 0) == nil)
    }
}

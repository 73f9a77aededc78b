internal import Testing

@testable internal import SecureChannelCommand

@Suite("When requests are due")
struct PacerTests {
    @Test("Each has its time, the first at once, and after the last there is none")
    func times() async {
        let begin = ContinuousClock.now
        let pacer = Pacer(rate: 1000, limit: LoadLimit(requests: 5), begin: begin)
        var times: [Duration] = []
        while let time = await pacer.next() {
            #expect(.now >= time)
            times.append(time - begin)
        }
        #expect(times == [0, 1, 2, 3, 4].map { .milliseconds($0) })
        #expect(pacer.stop() == 0)
    }

    @Test("A task that comes late gets the times that have passed, in their order")
    func late() async {
        let begin = ContinuousClock.now - .seconds(1)
        let pacer = Pacer(rate: 10, limit: LoadLimit(duration: .seconds(1)), begin: begin)
        var times: [Duration] = []
        while let time = await pacer.next() { times.append(time - begin) }
        #expect(times == (0..<10).map { .milliseconds(100 * $0) })
    }

    @Test("Times are shared out among those who wait, each to one")
    func several() async {
        let pacer = Pacer(rate: 2000, limit: LoadLimit(requests: 200), begin: .now)
        let times = await withTaskGroup(of: [ContinuousClock.Instant].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var times: [ContinuousClock.Instant] = []
                    while let time = await pacer.next() { times.append(time) }
                    return times
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(times.count == 200 && Set(times).count == 200)
    }

    @Test("What is later than a second after the end is given up, and counted")
    func givenUp() async {
        let pacer = Pacer(rate: 100, limit: LoadLimit(duration: .seconds(1)), begin: .now - .seconds(3))
        #expect(await pacer.next() == nil)
        #expect(pacer.stop() == 100)
        #expect(pacer.stop() == 100)
    }

    @Test("When it is stopped, whoever waits is let go, and nobody waits any more")
    func stopped() async {
        let pacer = Pacer(rate: 0.001, limit: LoadLimit(duration: .seconds(3600)), begin: .now)
        #expect(await pacer.next() != nil)
        async let waiting = pacer.next()
        #expect(pacer.stop() == 0)
        #expect(await waiting == nil)
        #expect(await pacer.next() == nil)
    }

    @Test(
        "There are as many as the rate makes in the time, one at least, and no more than there are requests",
        arguments: [
            (1000.0, Int?.none, Duration?.some(.seconds(2)), 2000), (0.3, nil, .seconds(10), 3),
            (0.001, nil, .seconds(1), 1),
            (1e7, nil, .seconds(3_600_000), 36_000_000_000_000), (1000, 5, .seconds(2), 5),
            (1000, 5000, .seconds(2), 2000),
            (1000, 7, nil, 7),
        ]
    )
    func count(rate: Double, requests: Int?, duration: Duration?, count: Int) {
        #expect(Pacer.count(rate: rate, limit: LoadLimit(requests: requests, duration: duration)) == count)
    }
}

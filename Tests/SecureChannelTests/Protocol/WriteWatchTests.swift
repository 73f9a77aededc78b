import NIOCore
import Testing

@testable import SecureChannel

@Suite("A socket that takes nothing is found out")
struct WriteWatchTests {
    private let begin = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("Nothing that waits is nothing to watch")
    func idle() {
        var watch = WriteWatch(timeout: .seconds(30))
        #expect(watch.look(below: 0, waiting: 0, at: begin) == .idle)
    }

    @Test("Bytes that wait unchanged for the timeout are too much")
    func stalled() {
        var watch = WriteWatch(timeout: .seconds(30))
        #expect(watch.look(below: 50, waiting: 50, at: begin) != .timedOut)
        #expect(watch.look(below: 50, waiting: 50, at: begin + .seconds(29)) != .timedOut)
        #expect(watch.look(below: 50, waiting: 50, at: begin + .seconds(30)) == .timedOut)
    }

    @Test("Bytes that are added are no progress: writing on does not hide a peer that does not read")
    func growth() {
        var watch = WriteWatch(timeout: .seconds(30))
        for second in 0..<10 {
            let verdict = watch.look(
                below: 50 + second,
                waiting: 100 * second + 50,
                at: begin + .seconds(Int64(3 * second))
            )
            #expect(verdict != .timedOut)
        }
        #expect(watch.look(below: 100, waiting: 2000, at: begin + .seconds(30)) == .timedOut)
    }

    @Test("Fewer bytes below start the time anew")
    func progress() {
        var watch = WriteWatch(timeout: .seconds(30))
        _ = watch.look(below: 50, waiting: 50, at: begin)
        #expect(watch.look(below: 49, waiting: 500, at: begin + .seconds(29)) != .timedOut)
        #expect(watch.look(below: 49, waiting: 500, at: begin + .seconds(58)) != .timedOut)
        #expect(watch.look(below: 49, waiting: 500, at: begin + .seconds(59)) == .timedOut)
    }

    @Test("So does a socket that says it takes more, though as much waits again by the next look")
    func writability() {
        var watch = WriteWatch(timeout: .seconds(30))
        _ = watch.look(below: 50, waiting: 50, at: begin)
        watch.progressed(at: begin + .seconds(20))
        #expect(watch.look(below: 50, waiting: 50, at: begin + .seconds(49)) != .timedOut)
        #expect(watch.look(below: 50, waiting: 50, at: begin + .seconds(50)) == .timedOut)
    }

    @Test("The next look comes before the timeout by far, so that progress is seen when it happens")
    func nextLook() {
        var watch = WriteWatch(timeout: .seconds(32))
        #expect(watch.look(below: 1, waiting: 1, at: begin) == .look(begin + .seconds(4)))
    }
}

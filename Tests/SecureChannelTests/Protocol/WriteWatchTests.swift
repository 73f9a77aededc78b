import NIOCore
import Testing

@testable import SecureChannel

@Suite("A socket that takes nothing is found out")
struct WriteWatchTests {
    private let begin = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("Nothing that waits is nothing to watch")
    func idle() {
        var watch = WriteWatch(timeout: .seconds(30))
        #expect(watch.look(handedOver: 100, waiting: 0, at: begin) == .idle)
    }

    @Test("Bytes that wait unchanged for the timeout are too much")
    func stalled() {
        var watch = WriteWatch(timeout: .seconds(30))
        #expect(watch.look(handedOver: 100, waiting: 50, at: begin) != .timedOut)
        #expect(watch.look(handedOver: 100, waiting: 50, at: begin + .seconds(29)) != .timedOut)
        #expect(watch.look(handedOver: 100, waiting: 50, at: begin + .seconds(30)) == .timedOut)
    }

    @Test("Any progress starts the time anew", arguments: [(100, 49), (120, 50)])
    func progress(_ handedOver: Int, _ waiting: Int) {
        var watch = WriteWatch(timeout: .seconds(30))
        _ = watch.look(handedOver: 100, waiting: 50, at: begin)
        #expect(watch.look(handedOver: handedOver, waiting: waiting, at: begin + .seconds(29)) != .timedOut)
        #expect(watch.look(handedOver: handedOver, waiting: waiting, at: begin + .seconds(58)) != .timedOut)
        #expect(watch.look(handedOver: handedOver, waiting: waiting, at: begin + .seconds(59)) == .timedOut)
    }

    @Test("The next look comes before the timeout by far, so that progress is seen when it happens")
    func nextLook() {
        var watch = WriteWatch(timeout: .seconds(32))
        #expect(watch.look(handedOver: 1, waiting: 1, at: begin) == .look(begin + .seconds(4)))
    }
}

import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import SecureChannel

@Suite("Visiting many on an event loop")
struct VisitingTests {
    @Test("Each is visited once, in its order, and only some at a time")
    func slices() {
        let loop = EmbeddedEventLoop()
        let visited = Mutex<[Int]>([])
        loop.visit(Array(0..<100)[...]) { element in visited.withLock { $0.append(element) } }
        var counts = [0]
        loop.run()
        while counts.last != 100, counts.count < 1000 {
            counts.append(visited.withLock { $0.count })
            loop.advanceTime(by: .milliseconds(1))
            loop.run()
        }
        #expect(visited.withLock { $0 } == Array(0..<100))
        let steps = zip(counts.dropFirst(), counts).map { $0 - $1 }
        #expect(steps.allSatisfy { (1...EmbeddedEventLoop.visitsAtOnce).contains($0) })
    }
}

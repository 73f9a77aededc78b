import NIOCore
import Testing

@testable import OpenSSLTransport

@Suite("Plaintext that waits")
struct PlaintextQueueTests {
    @Test("The limit holds to the byte, and space comes back as bytes leave")
    func limit() {
        var queue = PlaintextQueue(limit: 10)
        let first = [10, 1, 0].map { queue.append(ByteBuffer(repeating: 1, count: $0), promise: nil) }
        #expect(first == [true, false, true])
        queue.markFlushed()
        _ = queue.consumeFirst(4)
        #expect(queue.byteCount == 6)
        let second = [4, 1].map { queue.append(ByteBuffer(repeating: 1, count: $0), promise: nil) }
        #expect(second == [true, false])
    }

    @Test("Only what was flushed is given out")
    func mark() {
        var queue = PlaintextQueue(limit: 100)
        _ = queue.append(ByteBuffer(string: "abc"), promise: nil)
        #expect(!queue.hasFlushed && queue.firstBytes.readableBytes == 0)
        queue.markFlushed()
        _ = queue.append(ByteBuffer(string: "defgh"), promise: nil)
        #expect(queue.hasFlushed && queue.flushedByteCount == 3 && queue.byteCount == 8)
        #expect(queue.wholeWrites(limit: 100) == (1, 3))
        _ = queue.consumeFirst(3)
        #expect(!queue.hasFlushed && queue.byteCount == 5 && queue.flushedByteCount == 0)
        queue.markFlushed()
        #expect(String(buffer: queue.firstBytes) == "defgh")
        _ = queue.consumeFirst(2)
        #expect(String(buffer: queue.firstBytes) == "fgh" && queue.flushedByteCount == 3)
    }

    @Test("Whole writes are counted up to a limit, writes of nothing among them")
    func wholeWrites() {
        var queue = PlaintextQueue(limit: 100)
        for count in [3, 0, 4, 0, 5] { _ = queue.append(ByteBuffer(repeating: 1, count: count), promise: nil) }
        queue.markFlushed()
        #expect(queue.wholeWrites(limit: 2) == (0, 0))
        #expect(queue.wholeWrites(limit: 3) == (2, 3))
        #expect(queue.wholeWrites(limit: 7) == (4, 7))
        #expect(queue.wholeWrites(limit: 100) == (5, 12))
    }

    @Test("What was not flushed can be dropped alone")
    func removeUnflushed() {
        var queue = PlaintextQueue(limit: 100)
        _ = queue.append(ByteBuffer(string: "abc"), promise: nil)
        queue.markFlushed()
        _ = queue.append(ByteBuffer(string: "defgh"), promise: nil)
        let promises = queue.removeUnflushed()
        #expect(promises.isEmpty)
        #expect(queue.byteCount == 3 && queue.hasFlushed)
        _ = queue.removeAll()
        #expect(queue.isEmpty && queue.byteCount == 0 && !queue.hasFlushed)
    }
}

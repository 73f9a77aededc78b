import NIOCore
import Testing

@testable import SecureChannel

@Suite("Frames that wait to be sent")
struct OutboxTests {
    private func content(_ count: Int, _ byte: UInt8) -> ByteBuffer {
        ByteBuffer(repeating: byte, count: count)
    }

    private func drain(_ outbox: inout Outbox) -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        while let buffer = outbox.next() { buffers.append(buffer) }
        return buffers
    }

    private func append(_ content: ByteBuffer, to outbox: inout Outbox) {
        ([9, 8, 7] as [UInt8]).withUnsafeBytes { outbox.append(head: $0, content: content) }
    }

    private func frame(_ count: Int, _ byte: UInt8) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count + 3).bigEndian) { Array($0) } + [9, 8, 7]
            + Array(repeating: byte, count: count)
    }

    @Test("Small frames are joined into one buffer")
    func joined() {
        var outbox = Outbox()
        for byte in 1...16 as ClosedRange<UInt8> { append(content(64, byte), to: &outbox) }
        #expect(outbox.byteCount == 16 * 71)
        let buffers = drain(&outbox)
        #expect(buffers.count == 1)
        #expect(Array(buffers[0].readableBytesView) == (1...16).flatMap { frame(64, $0) })
        #expect(outbox.isEmpty)
    }

    @Test("A batch holds about one TLS record")
    func batches() {
        var outbox = Outbox()
        for _ in 0..<1000 { append(content(100, 1), to: &outbox) }
        let buffers = drain(&outbox)
        #expect(buffers.allSatisfy { $0.readableBytes < 16384 + 4200 })
        #expect(buffers.map(\.readableBytes).reduce(0, +) == 107_000)
    }

    @Test("Large content is sent from where it lies, after its head")
    func large() {
        var outbox = Outbox()
        append(content(10, 1), to: &outbox)
        let large = content(100_000, 2)
        append(large, to: &outbox)
        append(content(10, 3), to: &outbox)
        #expect(outbox.byteCount == 100_041)
        let buffers = drain(&outbox)
        #expect(buffers.flatMap { Array($0.readableBytesView) } == frame(10, 1) + frame(100_000, 2) + frame(10, 3))
        let addresses = [large, buffers[1]].map { $0.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] == addresses[1])
    }

    @Test("A frame that is encoded straight into the batch comes before what was appended meanwhile")
    func inPlace() {
        var outbox = Outbox()
        append(content(10, 1), to: &outbox)
        var batch = outbox.takeBatch(reserving: 17)
        append(content(10, 3), to: &outbox)
        batch.writeBytes(frame(10, 2))
        outbox.putBack(batch, added: 17)
        #expect(outbox.byteCount == 51)
        #expect(drain(&outbox).flatMap { Array($0.readableBytesView) } == frame(10, 1) + frame(10, 2) + frame(10, 3))
        #expect(outbox.isEmpty)
    }
}

import NIOCore
import Testing

@testable import SecureChannel

@Suite("Frames that wait to be sent")
struct OutboxTests {
    private func content(_ count: Int, _ byte: UInt8, headroom: Bool = true) -> ByteBuffer {
        var writer = headroom ? MessageWriter.withHeadroom(capacity: count) : MessageWriter()
        writer.append(contentsOf: repeatElement(byte, count: count))
        return writer.buffer
    }

    private func drain(_ outbox: inout Outbox) -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        while let buffer = outbox.next() { buffers.append(buffer) }
        return buffers
    }

    private let head = ByteBuffer(bytes: [9, 8, 7])

    private func frame(_ count: Int, _ byte: UInt8) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count + 3).bigEndian) { Array($0) } + [9, 8, 7]
            + Array(repeating: byte, count: count)
    }

    @Test("Small frames are joined into one buffer")
    func joined() {
        var outbox = Outbox()
        for byte in 1...16 as ClosedRange<UInt8> { outbox.append(head: head, content: content(64, byte)) }
        #expect(outbox.byteCount == 16 * 71)
        let buffers = drain(&outbox)
        #expect(buffers.count == 1)
        #expect(Array(buffers[0].readableBytesView) == (1...16).flatMap { frame(64, $0) })
        #expect(outbox.isEmpty)
    }

    @Test("A batch holds about one TLS record")
    func batches() {
        var outbox = Outbox()
        for _ in 0..<1000 { outbox.append(head: head, content: content(100, 1)) }
        let buffers = drain(&outbox)
        #expect(buffers.allSatisfy { $0.readableBytes < 16384 + 4200 })
        #expect(buffers.map(\.readableBytes).reduce(0, +) == 107_000)
    }

    @Test("Large content is sent from where it lies, its head put before it", arguments: [true, false])
    func large(_ headroom: Bool) {
        var outbox = Outbox()
        outbox.append(head: head, content: content(10, 1))
        let large = content(100_000, 2, headroom: headroom)
        outbox.append(head: head, content: large)
        outbox.append(head: head, content: content(10, 3))
        #expect(outbox.byteCount == 100_041)
        let buffers = drain(&outbox)
        #expect(buffers.flatMap { Array($0.readableBytesView) } == frame(10, 1) + frame(100_000, 2) + frame(10, 3))
        if headroom { #expect(buffers.count == 3) }
    }
}

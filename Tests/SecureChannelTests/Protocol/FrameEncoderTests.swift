import NIOCore
import Testing

@testable import SecureChannel

@Suite("Frames written in place")
struct FrameEncoderTests {
    private func frame(_ payload: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
    }

    @Test(
        "A frame is a length and the payload, whether there was room for it or not",
        arguments: [1, 255, 256, 257, 70_000]
    )
    func lengths(count: Int) throws {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var buffer = ByteBuffer(bytes: [1, 2, 3])
        let length = try buffer.writeFrame(reserving: 0) { (writer) throws(SecureChannel.ChannelError) in
            writer.append(contentsOf: payload)
            return true
        }
        #expect(length == count)
        #expect(Array(buffer.readableBytesView) == [1, 2, 3] + frame(payload))
    }

    @Test("A size that is known beforehand needs no second copy")
    func reserved() throws {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(70_004)
        let before = buffer.withUnsafeReadableBytes { $0.baseAddress }
        _ = try buffer.writeFrame(reserving: 70_000) { (writer) throws(SecureChannel.ChannelError) in
            writer.append(contentsOf: [UInt8](repeating: 7, count: 70_000))
            return true
        }
        #expect(buffer.withUnsafeReadableBytes { $0.baseAddress } == before)
    }

    @Test("Nothing is written of a frame that was not admitted", arguments: [10, 10_000])
    func refused(count: Int) throws {
        var buffer = ByteBuffer(bytes: [1])
        let length = try buffer.writeFrame(reserving: 0) { (writer) throws(SecureChannel.ChannelError) in
            writer.append(contentsOf: [UInt8](repeating: 7, count: count))
            return false
        }
        #expect(length == nil)
        #expect(Array(buffer.readableBytesView) == [1])
    }

    @Test("Nothing is written of a frame that failed", arguments: [10, 10_000])
    func failed(count: Int) throws {
        var buffer = ByteBuffer(bytes: [1])
        #expect(throws: SecureChannel.ChannelError.self) {
            _ = try buffer.writeFrame(reserving: 0) { (writer) throws(SecureChannel.ChannelError) in
                writer.append(contentsOf: [UInt8](repeating: 7, count: count))
                throw SecureChannel.ChannelError(.encodingFailed, "no")
            }
        }
        #expect(Array(buffer.readableBytesView) == [1])
    }

    @Test("Content alone has no length before it", arguments: [3, 3000])
    func content(count: Int) throws {
        var buffer = ByteBuffer()
        try buffer.writeContent(reserving: 0) { (writer) throws(SecureChannel.ChannelError) in
            writer.append(contentsOf: [UInt8](repeating: 9, count: count))
        }
        #expect(Array(buffer.readableBytesView) == [UInt8](repeating: 9, count: count))
    }
}

internal import NIOCore

// Writing messages into buffers, in one step: each call of a buffer's own methods checks for uniqueness and room, and there
// would be a dozen of them for a small message.
extension ByteBuffer {
    /// Appends a frame: a length of 4 bytes, then the payload that `encode` writes; nothing if it throws or returns false.
    ///
    /// - Parameter reserving: how long the payload will be, as far as known; a longer one is copied once more.
    /// - Returns: the payload's length; nil if `encode` returned false.
    mutating func writeFrame(
        reserving count: Int,
        _ encode: (inout MessageWriter) throws(ChannelError) -> Bool
    ) throws(ChannelError) -> Int? {
        try write(reserving: count, after: 4, encode)
    }

    /// Appends what `encode` writes, without a length; nothing if it throws.
    mutating func writeContent(
        reserving count: Int,
        _ encode: (inout MessageWriter) throws(ChannelError) -> Void
    ) throws(ChannelError) {
        _ = try write(reserving: count, after: 0) { (writer) throws(ChannelError) in
            try encode(&writer)
            return true
        }
    }

    /// - Parameter prefix: 4 if the length is to stand before what is written, else 0.
    @inline(__always)
    private mutating func write(
        reserving count: Int,
        after prefix: Int,
        _ encode: (inout MessageWriter) throws(ChannelError) -> Bool
    ) throws(ChannelError) -> Int? {
        var failure: ChannelError?
        var length: Int?
        var spilled: RawOutput?
        writeWithUnsafeMutableBytes(minimumWritableBytes: prefix + max(count, Self.smallestRoom)) { room in
            var writer = MessageWriter(room: UnsafeMutableRawBufferPointer(rebasing: room.dropFirst(prefix)))
            do throws(ChannelError) {
                guard try encode(&writer) else { return 0 }
            } catch {
                failure = error
                return 0
            }
            let output = writer.finish()
            length = output.count
            guard !output.hasSpilled else {
                spilled = output
                return 0
            }
            if prefix == 4 { room.storeBytes(of: UInt32(truncatingIfNeeded: output.count).bigEndian, as: UInt32.self) }
            return prefix + output.count
        }
        if let failure { throw failure }
        if let spilled {
            reserveCapacity(minimumWritableBytes: prefix + spilled.count)
            if prefix == 4 { writeInteger(UInt32(truncatingIfNeeded: spilled.count)) }
            writeBytes(spilled.bytes)
            spilled.release()
        }
        return length
    }

    /// Enough for most small messages, so that they are written in place.
    private static var smallestRoom: Int { 256 }
}

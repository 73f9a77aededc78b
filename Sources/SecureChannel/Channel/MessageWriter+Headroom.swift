internal import NIOCore

extension MessageWriter {
    /// A writer with room before its first byte for a frame's length and head, so that they can be put there without
    /// moving the content.
    static func withHeadroom(capacity: Int) -> MessageWriter {
        MessageWriter(prepared(ByteBufferAllocator().buffer(capacity: Outbox.headroom + capacity)))
    }

    /// The same in memory that was used before.
    static func withHeadroom(reusing buffer: ByteBuffer) -> MessageWriter {
        var buffer = buffer
        buffer.clear()
        return MessageWriter(prepared(buffer))
    }

    private static func prepared(_ buffer: ByteBuffer) -> ByteBuffer {
        var buffer = buffer
        buffer.reserveCapacity(Outbox.headroom)
        buffer.moveWriterIndex(to: Outbox.headroom)
        buffer.moveReaderIndex(to: Outbox.headroom)
        return buffer
    }
}

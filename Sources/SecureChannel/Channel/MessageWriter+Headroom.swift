internal import NIOCore

extension MessageWriter {
    /// A writer with room before its first byte for a frame's length and head, so that they can be put there without
    /// moving the content.
    static func withHeadroom(capacity: Int) -> MessageWriter {
        var buffer = ByteBufferAllocator().buffer(capacity: Outbox.headroom + capacity)
        buffer.moveWriterIndex(to: Outbox.headroom)
        buffer.moveReaderIndex(to: Outbox.headroom)
        return MessageWriter(buffer)
    }
}

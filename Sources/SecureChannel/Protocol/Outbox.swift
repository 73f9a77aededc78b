internal import DequeModule
internal import NIOCore

/// The frames that wait to be handed to the transport, in order.
///
/// Small frames are joined into one buffer, which becomes one TLS record and one system call; a large one stays in the
/// buffer that it was encoded in. A pure value.
struct Outbox {
    private var queue = Deque<ByteBuffer>()
    private var batch = ByteBuffer()
    /// How many bytes wait.
    private(set) var byteCount = 0

    var isEmpty: Bool { byteCount == 0 }

    /// Appends one frame: length, head and content, the content with the codec's tail. Large content stays where it lies.
    mutating func append(head: ByteBuffer, content: ByteBuffer) {
        let length = head.readableBytes + content.readableBytes
        byteCount += 4 + length
        batch.reserveCapacity(minimumWritableBytes: 4 + head.readableBytes)
        batch.writeInteger(UInt32(truncatingIfNeeded: length))
        batch.writeImmutableBuffer(head)
        if content.readableBytes < Self.joined {
            batch.writeImmutableBuffer(content)
            if batch.readableBytes >= Self.batchSize { closeBatch() }
        } else {
            closeBatch()
            queue.append(content)
        }
    }

    /// Takes the batch out, to encode a frame straight into it; ``putBack(_:added:)`` must follow.
    mutating func takeBatch() -> ByteBuffer {
        defer { batch = ByteBuffer() }
        return batch
    }

    /// Puts the batch back, with `added` bytes more than it had.
    mutating func putBack(_ buffer: ByteBuffer, added: Int) {
        let later = batch  // what was appended meanwhile, if anything was
        batch = buffer
        byteCount += added
        if later.readableBytes > 0 { batch.writeImmutableBuffer(later) }
        if batch.readableBytes >= Self.batchSize { closeBatch() }
    }

    /// Takes the next buffer to write.
    mutating func next() -> ByteBuffer? {
        if queue.isEmpty { closeBatch() }
        guard let buffer = queue.popFirst() else { return nil }
        byteCount -= buffer.readableBytes
        return buffer
    }

    mutating func removeAll() {
        self = Outbox()
    }

    private mutating func closeBatch() {
        guard batch.readableBytes > 0 else { return }
        queue.append(batch)
        batch = ByteBuffer()
    }

    /// Content shorter than this is copied beside other frames: cheaper than a buffer of its own.
    private static let joined = 4096
    /// Where a batch is full: one TLS record.
    private static let batchSize = 16384
}

internal import DequeModule
internal import NIOCore

/// The frames that wait to be handed to the transport, in order.
///
/// Small frames are joined into one buffer, which becomes one TLS record and one system call; a large one stays in the
/// buffer that it was encoded in. A pure value.
struct Outbox {
    private var queue = Deque<ByteBuffer>()
    /// What small frames are joined in; nil while there is none, or while it is taken out.
    private var batch: ByteBuffer?
    private var lastBatchSize = 0
    /// How many bytes wait.
    private(set) var byteCount = 0
    /// How many bytes have ever been taken to be written.
    private(set) var takenByteCount: UInt64 = 0
    /// How many times the batch is taken out: more than once if what encodes a frame sends one itself.
    private var takers = 0

    var isEmpty: Bool { byteCount == 0 }

    /// Whether a frame is being encoded: what waits is out of reach.
    var isTaken: Bool { takers > 0 }

    /// Appends one frame: length, head and content, the content with the codec's tail. Large content stays where it lies.
    mutating func append(head: UnsafeRawBufferPointer, content: ByteBuffer) {
        let length = head.count + content.readableBytes
        let isJoined = content.readableBytes < Self.joined
        var batch = takeBatch(reserving: 4 + head.count + (isJoined ? content.readableBytes : 0))
        batch.writeInteger(UInt32(truncatingIfNeeded: length))
        batch.writeBytes(head)
        if isJoined {
            batch.writeImmutableBuffer(content)
            putBack(batch, added: 4 + length)
        } else {
            putBack(batch, added: 4 + length)
            closeBatch()
            queue.append(content)
        }
    }

    /// Takes the batch out, with room for `count` bytes more, to encode a frame straight into it; ``putBack(_:added:)`` must
    /// follow.
    mutating func takeBatch(reserving count: Int) -> ByteBuffer {
        takers += 1
        if count >= Self.joined { closeBatch() }  // so that what is in it need not be moved
        // As large as the last one grew to be, so that it need not grow by and by.
        guard var taken = batch.take() else {
            return ByteBufferAllocator().buffer(capacity: max(count, min(lastBatchSize, Self.batchSize)))
        }
        if taken.writableBytes < count { taken.reserveCapacity(minimumWritableBytes: count) }
        return taken
    }

    /// Puts the batch back, with `added` bytes more than it had.
    mutating func putBack(_ buffer: consuming ByteBuffer, added: Int) {
        takers -= 1
        byteCount += added
        if let later = batch.take() { buffer.writeImmutableBuffer(later) }  // what was appended meanwhile
        let isFull = buffer.readableBytes >= Self.batchSize
        batch = buffer
        if isFull { closeBatch() }
    }

    /// The batch that was taken out does not come back.
    mutating func forget() {
        takers -= 1
    }

    /// Takes the next buffer to write.
    mutating func next() -> ByteBuffer? {
        if queue.isEmpty { closeBatch() }
        guard let buffer = queue.popFirst() else { return nil }
        byteCount -= buffer.readableBytes
        takenByteCount &+= UInt64(buffer.readableBytes)
        return buffer
    }

    mutating func removeAll() {
        queue.removeAll()
        batch = nil
        byteCount = 0
    }

    private mutating func closeBatch() {
        guard let closed = batch.take(), closed.readableBytes > 0 else { return }
        lastBatchSize = closed.readableBytes
        queue.append(closed)
    }

    /// Content shorter than this is copied beside other frames: cheaper than a buffer of its own.
    private static let joined = 4096
    /// Where a batch is full: one TLS record.
    private static let batchSize = 16384
}

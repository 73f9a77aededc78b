internal import NIOCore

/// Writes that wait for encryption, in order; those before the mark have been flushed.
struct PlaintextQueue {
    /// The most bytes that may wait.
    let limit: Int
    private(set) var byteCount = 0
    /// Of ``byteCount``, how much was flushed.
    private(set) var flushedByteCount = 0
    private var flushedCount = 0
    private var writes = CircularBuffer<Write>(initialCapacity: 0)

    struct Write {
        var bytes: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    init(limit: Int) { self.limit = limit }

    var isEmpty: Bool { self.writes.isEmpty }

    /// Whether anything is to be sent; writes of no bytes count, for their promises wait for their turn.
    var hasFlushed: Bool { self.flushedCount > 0 }

    /// False if the bytes would exceed the limit.
    mutating func append(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>?) -> Bool {
        let (total, overflow) = self.byteCount.addingReportingOverflow(bytes.readableBytes)
        guard !overflow, total <= self.limit else { return false }
        self.byteCount = total
        self.writes.append(Write(bytes: bytes, promise: promise))
        return true
    }

    mutating func markFlushed() {
        self.flushedCount = self.writes.count
        self.flushedByteCount = self.byteCount
    }

    /// How many of the flushed writes, from the first, have at most `limit` bytes together.
    func wholeWrites(limit: Int) -> (count: Int, byteCount: Int) {
        var (count, byteCount) = (0, 0)
        for write in self.writes.prefix(self.flushedCount) {
            guard byteCount + write.bytes.readableBytes <= limit else { break }
            byteCount += write.bytes.readableBytes
            count += 1
        }
        return (count, byteCount)
    }

    /// The first flushed write's bytes, or no bytes if there is none.
    var firstBytes: ByteBuffer { self.hasFlushed ? self.writes.first?.bytes ?? ByteBuffer() : ByteBuffer() }

    /// Removes `count` bytes of the first write; when none are left, the write itself, and gives back its promise.
    mutating func consumeFirst(_ count: Int) -> EventLoopPromise<Void>? {
        guard let first = self.writes.first else { return nil }
        let taken = min(count, first.bytes.readableBytes)
        self.byteCount -= taken
        self.flushedByteCount -= min(taken, self.flushedByteCount)
        if taken < first.bytes.readableBytes {
            self.writes[self.writes.startIndex].bytes.moveReaderIndex(forwardBy: taken)
            return nil
        }
        self.writes.removeFirst()
        self.flushedCount -= min(1, self.flushedCount)
        self.shrink()
        return first.promise
    }

    /// Empties the queue and gives back the promises, in order.
    mutating func removeAll() -> [EventLoopPromise<Void>] { self.remove(from: 0) }

    /// Drops what was not flushed, and gives back the promises, in order.
    mutating func removeUnflushed() -> [EventLoopPromise<Void>] { self.remove(from: self.flushedCount) }

    private mutating func remove(from offset: Int) -> [EventLoopPromise<Void>] {
        let promises = self.writes.dropFirst(offset).compactMap(\.promise)
        self.writes.removeLast(self.writes.count - offset)
        self.flushedCount = offset
        self.byteCount = offset == 0 ? 0 : self.flushedByteCount
        self.flushedByteCount = self.byteCount
        self.shrink()
        return promises
    }

    /// A burst should not be remembered for the rest of the connection.
    private mutating func shrink() {
        if self.writes.isEmpty, self.writes.capacity > 64 { self.writes = CircularBuffer(initialCapacity: 0) }
    }
}

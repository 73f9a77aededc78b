internal import NIOCore

/// A request as it came: its id, and its content still encoded.
struct IncomingRequest: Sendable {
    var id: UInt64
    /// The whole payload; the content is a part of it.
    var payload: ByteBuffer
    var content: Range<Int>

    /// What it counts against the limits: its payload, as on the side that sent it.
    var size: Int { payload.readableBytes }

    /// The same request in memory of its own size.
    ///
    /// A small payload may be a slice of a large read; to keep one for long is to keep the whole read.
    var compacted: IncomingRequest {
        var copy = self
        copy.payload = payload.compacted
        return copy
    }
}

extension ByteBuffer {
    /// The same bytes in memory of about their size.
    var compacted: ByteBuffer {
        guard storageCapacity > 2 * readableBytes + 4096 else { return self }
        var copy = ByteBufferAllocator().buffer(capacity: readableBytes)
        copy.writeImmutableBuffer(self)
        return copy
    }
}

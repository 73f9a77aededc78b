internal import NIOCore

/// Collects the bytes that belong together (``TLSExpectedBytes``) in a buffer of their own.
struct ExpectedPlaintext {
    private(set) var count: Int
    var bytes: ByteBuffer

    /// A length is only a claim until the bytes arrive.
    static let maximumInitialCapacity = 1 << 20

    init(count: Int, allocator: ByteBufferAllocator) {
        self.count = count
        self.bytes = allocator.buffer(capacity: min(count, Self.maximumInitialCapacity))
    }

    var missingCount: Int { self.count - self.bytes.readableBytes }

    /// How many bytes may be read into the buffer now; doubles the buffer if it is full.
    mutating func prepareToRead() -> Int {
        if self.bytes.writableBytes == 0 {
            let capacity = self.bytes.capacity.multipliedReportingOverflow(by: 2)
            self.bytes.reserveCapacity(min(self.count, capacity.overflow ? .max : capacity.partialValue))
        }
        return min(self.missingCount, self.bytes.writableBytes)
    }
}

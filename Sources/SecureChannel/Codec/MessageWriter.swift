internal import NIOCore

/// The growing bytes that a codec writes a message into.
///
/// Bytes are only ever appended. The channel sends them on without a copy.
public struct MessageWriter {
    internal var buffer: ByteBuffer

    /// A writer of its own, for codecs' tests and for use outside a channel.
    ///
    /// - Parameter reservedCapacity: how many bytes to make room for at once; 0 by default.
    public init(reservedCapacity: Int = 0) {
        self.buffer = ByteBufferAllocator().buffer(capacity: reservedCapacity)
    }

    internal init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// How many bytes have been written.
    public var count: Int { buffer.readableBytes }

    /// What has been written.
    public var bytes: [UInt8] { Array(buffer.readableBytesView) }

    /// Makes room for `count` more bytes, so that appending them does not grow the storage piece by piece.
    public mutating func reserve(_ count: Int) {
        buffer.reserveCapacity(minimumWritableBytes: count)
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        buffer.writeInteger(byte)
    }

    /// Appends an integer in network byte order.
    public mutating func append<Integer: FixedWidthInteger>(bigEndian integer: Integer) {
        buffer.writeInteger(integer, endianness: .big)
    }

    /// Appends bytes.
    public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        buffer.writeBytes(bytes)
    }

    /// Appends bytes from memory.
    public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
        buffer.writeBytes(bytes)
    }

    /// Appends a string's UTF-8.
    public mutating func append(utf8 string: String) {
        buffer.writeString(string)
    }
}

/// The growing bytes that a codec writes a message into.
///
/// Bytes are only ever appended. They lie where the channel sends them from, as long as there is room.
public struct MessageWriter: ~Copyable {
    internal private(set) var output: RawOutput

    /// A writer of its own, for codecs' tests and for use outside a channel.
    ///
    /// - Parameter reservedCapacity: how many bytes to make room for at once; 0 by default.
    public init(reservedCapacity: Int = 0) {
        self.output = RawOutput(capacity: reservedCapacity)
    }

    /// Writes into `room`, which must be there for as long as the writer, and what does not fit into memory of its own.
    internal init(room: UnsafeMutableRawBufferPointer) {
        self.output = RawOutput(room: room)
    }

    deinit { output.release() }

    /// What was written, to be released by the caller.
    internal consuming func finish() -> RawOutput {
        let output = output
        discard self
        return output
    }

    /// How many bytes have been written.
    public var count: Int { output.count }

    /// What has been written.
    public var bytes: [UInt8] { Array(output.bytes) }

    /// Makes room for `count` more bytes, so that appending them does not grow the storage piece by piece.
    public mutating func reserve(_ count: Int) {
        output.reserve(count)
    }

    /// Appends one byte.
    public mutating func append(_ byte: UInt8) {
        output.append(byte)
    }

    /// Appends an integer in network byte order.
    public mutating func append<Integer: FixedWidthInteger>(bigEndian integer: Integer) {
        output.append(bigEndian: integer)
    }

    /// Appends bytes.
    public mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ output.append(contentsOf: UnsafeRawBufferPointer($0)) }) != nil {
            return
        }
        for byte in bytes { output.append(byte) }
    }

    /// Appends bytes from memory.
    public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
        output.append(contentsOf: bytes)
    }

    /// Appends a string's UTF-8.
    public mutating func append(utf8 string: String) {
        append(contentsOf: string.utf8)
    }

    /// Appends what `body` writes, or nothing if it throws.
    ///
    /// - Parameter reserving: how many bytes `body` will write, as far as known.
    @inline(__always)
    internal mutating func withOutput(
        reserving count: Int = 0,
        _ body: (inout RawOutput) throws -> Void
    ) rethrows {
        let start = output.count
        output.reserve(count)
        do {
            try body(&output)
        } catch {
            output.truncate(to: start)
            throw error
        }
    }
}

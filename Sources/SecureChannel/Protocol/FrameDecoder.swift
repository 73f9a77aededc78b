internal import NIOCore

/// Cuts a stream of bytes into frames: a 4-byte big-endian length, then that many bytes of payload.
///
/// A pure value. The limit is checked on the length, before anything is allocated for it. A frame that lies whole in the
/// input is a slice of it; one that comes in pieces is gathered in a buffer that starts at the smaller of its length and
/// 1 MiB and doubles as bytes arrive, so that a peer who promises much and sends little costs little.
struct FrameDecoder {
    private let maximumLength: Int
    private var state = State.length(bytes: 0, count: 0)

    private enum State {
        case length(bytes: UInt32, count: Int)
        case payload(ByteBuffer, missing: Int)
    }

    enum Violation: Error, Hashable {
        case empty
        case tooLong(length: Int, maximum: Int)
        /// Not of the frame: a codec's answer that cannot be right.
        case contentOutOfPayload
    }

    /// - Parameter maximumLength: how long a payload may be, in bytes.
    init(maximumLength: Int) {
        self.maximumLength = maximumLength
    }

    /// How many bytes of the payload that has begun are still to come; 0 between frames.
    var missingByteCount: Int {
        if case .payload(_, let missing) = state { missing } else { 0 }
    }

    /// How much memory is held for the payload that has begun.
    var reservedByteCount: Int {
        if case .payload(let buffer, _) = state { buffer.storageCapacity } else { 0 }
    }

    /// Whether a frame has begun and not ended.
    var isInFrame: Bool {
        if case .length(_, 0) = state { false } else { true }
    }

    /// What is there of the frame that has begun and not ended, for the report of a truncated stream.
    var progress: (received: Int, length: Int?) {
        switch state {
        case .length(_, let count): (count, nil)
        case .payload(let buffer, let missing): (buffer.readableBytes, buffer.readableBytes + missing)
        }
    }

    /// Where the payload lies of a frame that begins at `offset` and lies whole in `bytes`; nil if there is none, or if an
    /// earlier frame has begun and not ended. Changes nothing: the caller goes on behind it.
    func wholePayload(in bytes: UnsafeRawBufferPointer, at offset: Int) throws(Violation) -> Range<Int>? {
        guard case .length(_, 0) = state, bytes.count - offset > 4 else { return nil }
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length > 0 else { throw .empty }
        guard length <= maximumLength else { throw .tooLong(length: length, maximum: maximumLength) }
        guard bytes.count - offset - 4 >= length else { return nil }
        return offset + 4..<offset + 4 + length
    }

    /// Takes the next payload from `input`, or all of `input` when that does not end it.
    mutating func next(from input: inout ByteBuffer) throws(Violation) -> ByteBuffer? {
        switch state {
        case .length(var bytes, var count):
            if count == 0, let whole = input.readInteger(as: UInt32.self) {
                return try begin(length: Int(whole), from: &input)
            }
            while count < 4, let byte = input.readInteger(as: UInt8.self) {
                bytes = bytes << 8 | UInt32(byte)
                count += 1
            }
            guard count == 4 else {
                state = .length(bytes: bytes, count: count)
                return nil
            }
            return try begin(length: Int(bytes), from: &input)
        case .payload(var buffer, let missing):
            state = .length(bytes: 0, count: 0)  // gives the buffer up, so that appending does not copy it
            return take(missing, of: &input, into: &buffer)
        }
    }

    private mutating func begin(length: Int, from input: inout ByteBuffer) throws(Violation) -> ByteBuffer? {
        guard length > 0 else { throw .empty }
        guard length <= maximumLength else { throw .tooLong(length: length, maximum: maximumLength) }
        if let payload = input.readSlice(length: length) {
            state = .length(bytes: 0, count: 0)
            return payload
        }
        var buffer = ByteBufferAllocator().buffer(capacity: min(length, Self.firstCapacity))
        return take(length, of: &input, into: &buffer)
    }

    private mutating func take(_ missing: Int, of input: inout ByteBuffer, into buffer: inout ByteBuffer) -> ByteBuffer?
    {
        let count = min(missing, input.readableBytes)
        if count > 0 {
            buffer.writeImmutableBuffer(input.getSlice(at: input.readerIndex, length: count) ?? ByteBuffer())
            input.moveReaderIndex(forwardBy: count)
        }
        guard count < missing else {
            state = .length(bytes: 0, count: 0)
            return buffer
        }
        state = .payload(buffer, missing: missing - count)
        return nil
    }

    private static let firstCapacity = 1 << 20
}

/// A string key's bytes, so that they are compared and hashed with few instructions.
internal struct MessagePackKeyName {
    let bytes: UnsafeRawBufferPointer
    /// The first and the last eight bytes, which overlap in shorter names; of up to 16 bytes, they are all.
    private let first: UInt64
    private let last: UInt64

    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        (first, last) = Self.words(bytes)
    }

    @inline(__always)
    func isSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == other.count else { return false }
        let (otherFirst, otherLast) = Self.words(other)
        guard first == otherFirst, last == otherLast else { return false }
        return bytes.count <= 16 || bytes.hasSameBytes(as: other)
    }

    @inline(__always)
    var hash: UInt64 {
        (first ^ (last << 29 | last >> 35) ^ UInt64(truncatingIfNeeded: bytes.count)) &* 0x9e37_79b9_7f4a_7c15
    }

    /// All loads are within the bytes: of eight where there are eight, of four where there are four, and else of one.
    @inline(__always)
    private static func words(_ bytes: UnsafeRawBufferPointer) -> (first: UInt64, last: UInt64) {
        let count = bytes.count
        if count >= 8 {
            return (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            )
        }
        if count >= 4 {
            return (
                UInt64(bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)),
                UInt64(bytes.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
            )
        }
        guard count > 0 else { return (0, 0) }
        // Three bytes at most: the first, the one in the middle and the last.
        return (
            UInt64(bytes[0]) << 8 | UInt64(bytes[count / 2]),
            UInt64(bytes[count - 1])
        )
    }
}

extension MessagePackInput {
    /// Whether the short form of a string (up to 31 bytes) with this name stands there. A no is not certain.
    @inline(__always)
    func isString(_ name: MessagePackKeyName, at offset: Int) -> Bool {
        let length = name.bytes.count
        guard let base, offset >= 0, length < 32, count - offset > length,
            base.load(fromByteOffset: offset, as: UInt8.self)
                == MessagePackFormat.fixString | UInt8(truncatingIfNeeded: length)
        else { return false }
        return name.isSame(as: UnsafeRawBufferPointer(start: base + offset + 1, count: length))
    }
}

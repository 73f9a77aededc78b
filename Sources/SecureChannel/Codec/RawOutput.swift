/// Bytes being written: first into room that somebody else offers, then, if that does not suffice, into memory of its own.
///
/// The encoders append one byte or one integer at a time, some forty for a small struct. Through a `ByteBuffer` each would
/// check for uniqueness and room; here each is a comparison and a store. Whoever makes one must call `release()`.
internal struct RawOutput {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int
    private var ownsMemory: Bool

    init(room: UnsafeMutableRawBufferPointer) {
        if let base = room.baseAddress {
            self.base = base
            self.capacity = room.count
            self.ownsMemory = false
        } else {
            self = RawOutput(capacity: 0)
        }
    }

    init(capacity: Int) {
        self.base = .allocate(byteCount: max(capacity, 64), alignment: 16)
        self.capacity = max(capacity, 64)
        self.ownsMemory = true
    }

    /// No room at all, and no memory that would have to be freed, in place of an output that will be given later.
    static var none: RawOutput {
        RawOutput(room: UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(bitPattern: -1), count: 0))
    }

    /// Whether the room offered did not suffice.
    var hasSpilled: Bool { ownsMemory }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Frees memory of its own; to be called once, when the bytes have been taken away.
    func release() {
        if ownsMemory { base.deallocate() }
    }

    /// Makes room for `additional` more bytes.
    @inline(__always)
    mutating func reserve(_ additional: Int) {
        if capacity - count < additional { grow(by: additional) }
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// Appends an integer in network byte order.
    @inline(__always)
    mutating func append<Integer: FixedWidthInteger>(bigEndian integer: Integer) {
        reserve(MemoryLayout<Integer>.size)
        base.storeBytes(of: integer.bigEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    /// Appends a byte and then an integer in network byte order.
    @inline(__always)
    mutating func append<Integer: FixedWidthInteger>(_ byte: UInt8, bigEndian integer: Integer) {
        reserve(1 + MemoryLayout<Integer>.size)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        base.storeBytes(of: integer.bigEndian, toByteOffset: count + 1, as: Integer.self)
        count += 1 + MemoryLayout<Integer>.size
    }

    @inline(__always)
    mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Appends a byte and then up to 31 bytes.
    @inline(__always)
    mutating func append(_ byte: UInt8, short bytes: UnsafeRawBufferPointer) {
        reserve(1 + bytes.count)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        bytes.copyShort(to: base + count + 1)
        count += 1 + bytes.count
    }

    /// Drops the last bytes, so that `count` remain.
    mutating func truncate(to count: Int) {
        precondition(0...self.count ~= count)
        self.count = count
    }

    /// Overwrites one byte that has been written.
    mutating func replaceByte(at offset: Int, with byte: UInt8) {
        precondition(0..<count ~= offset)
        base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// Overwrites bytes that have been written with an integer in network byte order.
    mutating func replaceBytes<Integer: FixedWidthInteger>(at offset: Int, withBigEndian integer: Integer) {
        precondition(offset >= 0 && offset + MemoryLayout<Integer>.size <= count)
        base.storeBytes(of: integer.bigEndian, toByteOffset: offset, as: Integer.self)
    }

    /// Moves everything from `offset` on by `distance` bytes; what is then between is anything.
    mutating func shift(from offset: Int, by distance: Int) {
        precondition(0...count ~= offset && offset + distance >= 0)
        if distance > 0 { reserve(distance) }
        (base + offset + distance).copyMemory(from: base + offset, byteCount: count - offset)
        count += distance
    }

    @inline(never)
    private mutating func grow(by additional: Int) {
        let newCapacity = max(count + additional, capacity * 2)
        let newBase = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        newBase.copyMemory(from: base, byteCount: count)
        release()
        base = newBase
        capacity = newCapacity
        ownsMemory = true
    }
}

extension UnsafeRawBufferPointer {
    /// Copies up to 31 bytes with two moves, which overlap, where a call would take longer than the copying. Both moves
    /// are within the bytes, because of so many there are at least as many as a move takes, and at most twice as many.
    @inline(__always)
    fileprivate func copyShort(to target: UnsafeMutableRawPointer) {
        switch count {
        case 16...: copyEnds(SIMD2<UInt64>.self, to: target)
        case 8...: copyEnds(UInt64.self, to: target)
        case 4...: copyEnds(UInt32.self, to: target)
        case 2...: copyEnds(UInt16.self, to: target)
        case 1: target.storeBytes(of: self[0], as: UInt8.self)
        default: break
        }
    }

    @inline(__always)
    private func copyEnds<Part: BitwiseCopyable>(_ type: Part.Type, to target: UnsafeMutableRawPointer) {
        let last = count - MemoryLayout<Part>.size
        let (head, tail) = (
            loadUnaligned(fromByteOffset: 0, as: type), loadUnaligned(fromByteOffset: last, as: type)
        )
        target.storeBytes(of: head, as: type)
        target.storeBytes(of: tail, toByteOffset: last, as: type)
    }
}

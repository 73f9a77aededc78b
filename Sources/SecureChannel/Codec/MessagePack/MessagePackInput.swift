/// Reads MessagePack's values from memory. Every read checks its bounds; nothing is allocated for a length that the bytes
/// which are there could not fill.
///
/// A read takes the offset of the value's first byte and moves it behind the value (for an array or a map: behind the
/// header). When it throws, the offset is anything.
internal struct MessagePackInput {
    let base: UnsafeRawPointer?
    let count: Int
    /// Where long containers end, if there are any and they have been found already.
    var extents: UnsafePointer<MessagePackExtents>?
    /// What the decoding may still take; there for as long as the bytes.
    var memory: UnsafeMutablePointer<DecodingMemory>?

    init(_ bytes: UnsafeRawBufferPointer) {
        self.base = bytes.baseAddress
        self.count = bytes.baseAddress == nil ? 0 : bytes.count
    }

    /// Any value but an array's or a map's elements.
    enum Token {
        case null
        case bool(Bool)
        case integer(Int64)
        /// Above `Int64.max`.
        case unsigned(UInt64)
        case float(Float)
        case double(Double)
        case string(UnsafeRawBufferPointer)
        case binary(UnsafeRawBufferPointer)
        case array(count: Int)
        case map(count: Int)
        case `extension`(type: Int8, UnsafeRawBufferPointer)
    }

    @inline(__always)
    func byte(at offset: Int) throws(MessagePackFault) -> UInt8 {
        guard let base, UInt(bitPattern: offset) < UInt(bitPattern: count) else { throw .truncated }
        return base.load(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    func readBigEndian<Integer: FixedWidthInteger>(
        _ type: Integer.Type,
        at offset: inout Int
    ) throws(MessagePackFault) -> Integer {
        guard let base, offset >= 0, count - offset >= MemoryLayout<Integer>.size else { throw .truncated }
        let integer = Integer(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Integer.self))
        offset += MemoryLayout<Integer>.size
        return integer
    }

    @inline(__always)
    func readBytes(_ length: Int, at offset: inout Int) throws(MessagePackFault) -> UnsafeRawBufferPointer {
        guard let base, offset >= 0, length >= 0, count - offset >= length else { throw .truncated }
        defer { offset += length }
        return UnsafeRawBufferPointer(start: base + offset, count: length)
    }

    /// Checks that `elements` more values could follow.
    @inline(__always)
    func checked(_ elements: Int, per element: Int, at offset: Int) throws(MessagePackFault) -> Int {
        guard elements <= (count - offset) / element else { throw .truncated }
        return elements
    }

    /// Counts a block of memory that is about to be made.
    @inline(__always)
    func takeMemory(_ count: Int, of size: Int) throws(MessagePackFault) {
        guard let memory, !memory.pointee.take(count, of: size) else { return }
        throw .tooMuchMemory(limit: memory.pointee.limit)
    }

    func readToken(at offset: inout Int) throws(MessagePackFault) -> Token {
        let first = try byte(at: offset)
        offset += 1
        switch first {
        case 0x00...0x7f: return .integer(Int64(first))
        case 0x80...0x8f: return .map(count: try checked(Int(first & 0x0f), per: 2, at: offset))
        case 0x90...0x9f: return .array(count: try checked(Int(first & 0x0f), per: 1, at: offset))
        case 0xa0...0xbf: return .string(try readBytes(Int(first & 0x1f), at: &offset))
        case 0xe0...0xff: return .integer(Int64(Int8(bitPattern: first)))
        case MessagePackFormat.null: return .null
        case MessagePackFormat.boolFalse: return .bool(false)
        case MessagePackFormat.boolTrue: return .bool(true)
        case MessagePackFormat.binary8...MessagePackFormat.binary32:
            return .binary(try readBytes(try readLength(first - MessagePackFormat.binary8, at: &offset), at: &offset))
        case MessagePackFormat.extension8...MessagePackFormat.extension32:
            return try readExtension(try readLength(first - MessagePackFormat.extension8, at: &offset), at: &offset)
        case MessagePackFormat.float32:
            return .float(Float(bitPattern: try readBigEndian(UInt32.self, at: &offset)))
        case MessagePackFormat.float64:
            return .double(Double(bitPattern: try readBigEndian(UInt64.self, at: &offset)))
        case MessagePackFormat.unsigned8: return .integer(Int64(try readBigEndian(UInt8.self, at: &offset)))
        case MessagePackFormat.unsigned16: return .integer(Int64(try readBigEndian(UInt16.self, at: &offset)))
        case MessagePackFormat.unsigned32: return .integer(Int64(try readBigEndian(UInt32.self, at: &offset)))
        case MessagePackFormat.unsigned64:
            let integer = try readBigEndian(UInt64.self, at: &offset)
            return Int64(exactly: integer).map { .integer($0) } ?? .unsigned(integer)
        case MessagePackFormat.signed8: return .integer(Int64(try readBigEndian(Int8.self, at: &offset)))
        case MessagePackFormat.signed16: return .integer(Int64(try readBigEndian(Int16.self, at: &offset)))
        case MessagePackFormat.signed32: return .integer(Int64(try readBigEndian(Int32.self, at: &offset)))
        case MessagePackFormat.signed64: return .integer(try readBigEndian(Int64.self, at: &offset))
        case MessagePackFormat.fixExtension1...MessagePackFormat.fixExtension16:
            return try readExtension(1 << Int(first - MessagePackFormat.fixExtension1), at: &offset)
        case MessagePackFormat.string8...MessagePackFormat.string32:
            return .string(try readBytes(try readLength(first - MessagePackFormat.string8, at: &offset), at: &offset))
        case MessagePackFormat.array16, MessagePackFormat.array32:
            let elements = try readLength(first - MessagePackFormat.array16 + 1, at: &offset)
            return .array(count: try checked(elements, per: 1, at: offset))
        case MessagePackFormat.map16, MessagePackFormat.map32:
            let pairs = try readLength(first - MessagePackFormat.map16 + 1, at: &offset)
            return .map(count: try checked(pairs, per: 2, at: offset))
        default: throw .neverUsedByte
        }
    }

    /// A length of 1, 2 or 4 bytes for the `width` 0, 1 or 2.
    @inline(__always)
    private func readLength(_ width: UInt8, at offset: inout Int) throws(MessagePackFault) -> Int {
        switch width {
        case 0: Int(try readBigEndian(UInt8.self, at: &offset))
        case 1: Int(try readBigEndian(UInt16.self, at: &offset))
        default: Int(try readBigEndian(UInt32.self, at: &offset))
        }
    }

    private func readExtension(_ length: Int, at offset: inout Int) throws(MessagePackFault) -> Token {
        let type = Int8(bitPattern: try byte(at: offset))
        offset += 1
        return .extension(type: type, try readBytes(length, at: &offset))
    }
}

// MARK: - Values of one kind

extension MessagePackInput {
    @inline(__always)
    func readInteger<Integer: FixedWidthInteger>(at offset: inout Int) throws(MessagePackFault) -> Integer {
        let first = try byte(at: offset)
        if first < 0x80 {
            offset += 1
            return Integer(truncatingIfNeeded: first)  // 7 bits fit into every integer type.
        }
        return try readWideInteger(first, at: &offset)
    }

    private func readWideInteger<Integer: FixedWidthInteger>(
        _ first: UInt8,
        at offset: inout Int
    ) throws(MessagePackFault) -> Integer {
        offset += 1
        let integer: Integer? =
            switch first {
            case MessagePackFormat.unsigned8: Integer(exactly: try readBigEndian(UInt8.self, at: &offset))
            case MessagePackFormat.unsigned16: Integer(exactly: try readBigEndian(UInt16.self, at: &offset))
            case MessagePackFormat.unsigned32: Integer(exactly: try readBigEndian(UInt32.self, at: &offset))
            case MessagePackFormat.unsigned64: Integer(exactly: try readBigEndian(UInt64.self, at: &offset))
            case MessagePackFormat.signed8: Integer(exactly: try readBigEndian(Int8.self, at: &offset))
            case MessagePackFormat.signed16: Integer(exactly: try readBigEndian(Int16.self, at: &offset))
            case MessagePackFormat.signed32: Integer(exactly: try readBigEndian(Int32.self, at: &offset))
            case MessagePackFormat.signed64: Integer(exactly: try readBigEndian(Int64.self, at: &offset))
            case 0xe0...0xff: Integer(exactly: Int8(bitPattern: first))
            default: throw .wrongKind(first)
            }
        guard let integer else { throw .outOfRange }
        return integer
    }

    func readBool(at offset: inout Int) throws(MessagePackFault) -> Bool {
        let first = try byte(at: offset)
        offset += 1
        switch first {
        case MessagePackFormat.boolFalse: return false
        case MessagePackFormat.boolTrue: return true
        default: throw .wrongKind(first)
        }
    }

    /// Integers are taken too, since other languages write 1 for 1.0; what the type cannot hold exactly is rounded. A 64-bit
    /// number is rounded to a `Float`, since most languages write nothing else, but must not become infinite by it.
    @inline(__always)
    func readFloatingPoint<Number: BinaryFloatingPoint>(at offset: inout Int) throws(MessagePackFault) -> Number {
        if Number.self == Double.self, try byte(at: offset) == MessagePackFormat.float64 {
            offset += 1
            return Number(Double(bitPattern: try readBigEndian(UInt64.self, at: &offset)))
        }
        return try readOtherNumber(at: &offset)
    }

    private func readOtherNumber<Number: BinaryFloatingPoint>(at offset: inout Int) throws(MessagePackFault) -> Number {
        let first = try byte(at: offset)
        let number: Number?
        switch try readToken(at: &offset) {
        case .double(let double):
            let rounded = Number(double)
            number = rounded.isFinite || !double.isFinite ? rounded : nil
        case .float(let float): number = Number(float)
        case .integer(let integer): number = Number(integer)
        case .unsigned(let integer): number = Number(integer)
        default: throw .wrongKind(first)
        }
        guard let number else { throw .outOfRange }
        return number
    }

    @inline(__always)
    func readString(at offset: inout Int) throws(MessagePackFault) -> String {
        guard let string = String(try readStringBytes(at: &offset)) else { throw .invalidUTF8 }
        return string
    }

    @inline(__always)
    func readStringBytes(at offset: inout Int) throws(MessagePackFault) -> UnsafeRawBufferPointer {
        let first = try byte(at: offset)
        if first & 0xe0 == MessagePackFormat.fixString {
            offset += 1
            return try readBytes(Int(first & 0x1f), at: &offset)
        }
        guard case .string(let bytes) = try readToken(at: &offset) else { throw .wrongKind(first) }
        return bytes
    }

    /// Binary, or a string as it stands (older implementations know no binary), or an array of integers from 0 to 255.
    func readBinary<Bytes: RangeReplaceableCollection<UInt8>>(
        at offset: inout Int
    ) throws(MessagePackFault) -> Bytes {
        let first = try byte(at: offset)
        switch try readToken(at: &offset) {
        case .binary(let bytes), .string(let bytes):
            try takeMemory(bytes.count, of: 1)
            return Bytes(bytes)
        case .array(let count):
            try takeMemory(count, of: 1)
            var bytes = Bytes()
            bytes.reserveCapacity(count)
            for _ in 0..<count { bytes.append(try readInteger(at: &offset)) }
            return bytes
        default: throw .wrongKind(first)
        }
    }

    func readArrayHeader(at offset: inout Int) throws(MessagePackFault) -> Int {
        let first = try byte(at: offset)
        if first & 0xf0 == MessagePackFormat.fixArray {
            offset += 1
            return try checked(Int(first & 0x0f), per: 1, at: offset)
        }
        guard case .array(let count) = try readToken(at: &offset) else { throw .wrongKind(first) }
        return count
    }

    func readMapHeader(at offset: inout Int) throws(MessagePackFault) -> Int {
        let first = try byte(at: offset)
        if first & 0xf0 == MessagePackFormat.fixMap {
            offset += 1
            return try checked(Int(first & 0x0f), per: 2, at: offset)
        }
        guard case .map(let count) = try readToken(at: &offset) else { throw .wrongKind(first) }
        return count
    }

    /// A timestamp of any of the three widths.
    func timestamp(_ bytes: UnsafeRawBufferPointer) throws(MessagePackFault) -> Timestamp {
        let input = MessagePackInput(bytes)
        var offset = 0
        let timestamp: Timestamp?
        switch bytes.count {
        case 4:
            timestamp = Timestamp(seconds: Int64(try input.readBigEndian(UInt32.self, at: &offset)), nanoseconds: 0)
        case 8:
            let both = try input.readBigEndian(UInt64.self, at: &offset)
            timestamp = Timestamp(seconds: Int64(both & 0x3_ffff_ffff), nanoseconds: UInt32(both >> 34))
        case 12:
            let nanoseconds = try input.readBigEndian(UInt32.self, at: &offset)
            timestamp = Timestamp(seconds: try input.readBigEndian(Int64.self, at: &offset), nanoseconds: nanoseconds)
        default:
            timestamp = nil
        }
        guard let timestamp else { throw .invalidTimestamp }
        return timestamp
    }
}

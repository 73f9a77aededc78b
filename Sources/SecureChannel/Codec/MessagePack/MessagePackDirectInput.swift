#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension MessagePackInput {
    /// Reads a value of a type that needs no `init(from:)`; the bytes have been validated.
    func read<Content>(
        _ type: Content.Type,
        as direct: DirectType,
        at offset: inout Int
    ) throws(MessagePackFault) -> Content {
        switch direct {
        case .string: same(try readString(at: &offset))
        case .int: same(try readInteger(at: &offset) as Int)
        case .double: same(try readFloatingPoint(at: &offset) as Double)
        case .bool: same(try readBool(at: &offset))
        case .date: same(try readDate(at: &offset))
        case .value: same(try readValue(at: &offset))
        case .bytes: same(try readBinary(at: &offset) as [UInt8])
        case .data: same(try readBinary(at: &offset) as Data)
        case .url: same(try readURL(at: &offset))
        case .float: same(try readFloatingPoint(at: &offset) as Float)
        case .int8: same(try readInteger(at: &offset) as Int8)
        case .int16: same(try readInteger(at: &offset) as Int16)
        case .int32: same(try readInteger(at: &offset) as Int32)
        case .int64: same(try readInteger(at: &offset) as Int64)
        case .uint: same(try readInteger(at: &offset) as UInt)
        case .uint8: same(try readInteger(at: &offset) as UInt8)
        case .uint16: same(try readInteger(at: &offset) as UInt16)
        case .uint32: same(try readInteger(at: &offset) as UInt32)
        case .uint64: same(try readInteger(at: &offset) as UInt64)
        case .ints: same(try readInts(at: &offset))
        case .doubles: same(try readDoubles(at: &offset))
        case .strings: same(try readStrings(at: &offset))
        }
    }

    /// The value as the type that it has been found to be.
    @inline(__always)
    private func same<Found, Content>(_ value: Found) -> Content {
        unsafeBitCast(value, to: Content.self)
    }

    private func readInts(at offset: inout Int) throws(MessagePackFault) -> [Int] {
        try readElements(at: &offset) { (offset) throws(MessagePackFault) in try readInteger(at: &offset) }
    }

    private func readDoubles(at offset: inout Int) throws(MessagePackFault) -> [Double] {
        try readElements(at: &offset) { (offset) throws(MessagePackFault) in
            try readFloatingPoint(at: &offset)
        }
    }

    private func readStrings(at offset: inout Int) throws(MessagePackFault) -> [String] {
        try readElements(at: &offset) { (offset) throws(MessagePackFault) in
            try readCountedString(at: &offset)
        }
    }

    private func readCountedString(at offset: inout Int) throws(MessagePackFault) -> String {
        let start = offset
        let length = try readStringBytes(at: &offset).count
        if length > 15 { try takeMemory(length, of: 1) }
        offset = start
        return try readString(at: &offset)
    }

    @inline(__always)
    private func readElements<Element>(
        at offset: inout Int,
        _ element: (inout Int) throws(MessagePackFault) -> Element
    ) throws(MessagePackFault) -> [Element] {
        let count = try readArrayHeader(at: &offset)
        try takeMemory(count, of: MemoryLayout<Element>.stride)
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try element(&offset)) }
        return elements
    }

    /// A timestamp, or a number of seconds since 1970.
    private func readDate(at offset: inout Int) throws(MessagePackFault) -> Date {
        let first = try byte(at: offset)
        switch try readToken(at: &offset) {
        case .extension(MessagePackFormat.timestampType, let bytes): return try timestamp(bytes).date
        case .integer(let seconds): return Date(timeIntervalSince1970: Double(seconds))
        case .unsigned(let seconds): return Date(timeIntervalSince1970: Double(seconds))
        case .float(let seconds) where seconds.isFinite: return Date(timeIntervalSince1970: Double(seconds))
        case .double(let seconds) where seconds.isFinite: return Date(timeIntervalSince1970: seconds)
        case .float, .double: throw .outOfRange  // Merely printing such a date traps.
        default: throw .wrongKind(first)
        }
    }

    private func readURL(at offset: inout Int) throws(MessagePackFault) -> URL {
        guard let url = URL(string: try readString(at: &offset)) else { throw .invalidURL }
        return url
    }

    /// Any value. Recursion is bounded by validation.
    private func readValue(at offset: inout Int) throws(MessagePackFault) -> Value {
        let start = offset
        switch try readToken(at: &offset) {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .integer(let integer): return .integer(integer)
        case .unsigned(let integer): return .unsigned(integer)
        case .float(let float): return .double(Double(float))
        case .double(let double): return .double(double)
        case .string:
            offset = start
            return .string(try readCountedString(at: &offset))
        case .binary(let bytes):
            try takeMemory(bytes.count, of: 1)
            return .binary(Array(bytes))
        case .array:
            offset = start
            return .array(
                try readElements(at: &offset) { (offset) throws(MessagePackFault) in try readValue(at: &offset) }
            )
        case .map(let count):
            try takeMemory(count, of: MemoryLayout<Value.Map.Element>.stride)
            var entries: [Value.Map.Element] = []
            entries.reserveCapacity(count)
            for _ in 0..<count {
                let key = try readValue(at: &offset)
                entries.append((key, try readValue(at: &offset)))
            }
            return .map(Value.Map(entries: entries))
        case .extension(MessagePackFormat.timestampType, let bytes):
            let timestamp = try timestamp(bytes)
            return .timestamp(seconds: timestamp.seconds, nanoseconds: timestamp.nanoseconds)
        case .extension(let type, let bytes):
            try takeMemory(bytes.count, of: 1)
            return .extension(type: type, bytes: Array(bytes))
        }
    }
}

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Reading values without asking their `init(from:)`; the counterpart of `RawOutput.appendDirectly`.
extension MessagePackInput {
    /// Reads a value if it is of such a type; the bytes have been validated.
    func readDirectly<Content>(_ type: Content.Type, at offset: inout Int) throws(MessagePackFault) -> Content? {
        if Content.self == String.self { return same(try readString(at: &offset), as: type) }
        if Content.self == Int.self { return same(try readInteger(Int.self, at: &offset), as: type) }
        if Content.self == Double.self { return same(try readFloatingPoint(Double.self, at: &offset), as: type) }
        if Content.self == Bool.self { return same(try readBool(at: &offset), as: type) }
        if Content.self == Date.self { return same(try readDate(at: &offset), as: type) }
        if Content.self == Value.self { return same(try readValue(at: &offset), as: type) }
        if Content.self == [UInt8].self { return same(try readBinary(at: &offset), as: type) }
        if Content.self == Data.self { return same(Data(try readBinary(at: &offset)), as: type) }
        if Content.self == [Int].self {
            return same(
                try readElements(at: &offset) { (offset) throws(MessagePackFault) in
                    try readInteger(Int.self, at: &offset)
                },
                as: type
            )
        }
        if Content.self == [Double].self {
            return same(
                try readElements(at: &offset) { (offset) throws(MessagePackFault) in
                    try readFloatingPoint(Double.self, at: &offset)
                },
                as: type
            )
        }
        if Content.self == [String].self {
            return same(
                try readElements(at: &offset) { (offset) throws(MessagePackFault) in try readString(at: &offset) },
                as: type
            )
        }
        if Content.self == Int64.self { return same(try readInteger(Int64.self, at: &offset), as: type) }
        if Content.self == Int32.self { return same(try readInteger(Int32.self, at: &offset), as: type) }
        if Content.self == Int16.self { return same(try readInteger(Int16.self, at: &offset), as: type) }
        if Content.self == Int8.self { return same(try readInteger(Int8.self, at: &offset), as: type) }
        if Content.self == UInt.self { return same(try readInteger(UInt.self, at: &offset), as: type) }
        if Content.self == UInt64.self { return same(try readInteger(UInt64.self, at: &offset), as: type) }
        if Content.self == UInt32.self { return same(try readInteger(UInt32.self, at: &offset), as: type) }
        if Content.self == UInt16.self { return same(try readInteger(UInt16.self, at: &offset), as: type) }
        if Content.self == UInt8.self { return same(try readInteger(UInt8.self, at: &offset), as: type) }
        if Content.self == Float.self { return same(try readFloatingPoint(Float.self, at: &offset), as: type) }
        if Content.self == URL.self { return same(try readURL(at: &offset), as: type) }
        return nil
    }

    /// The value as the type that it has been found to be.
    @inline(__always)
    private func same<Found, Content>(_ value: Found, as type: Content.Type) -> Content {
        unsafeBitCast(value, to: Content.self)
    }

    @inline(__always)
    private func readElements<Element>(
        at offset: inout Int,
        _ element: (inout Int) throws(MessagePackFault) -> Element
    ) throws(MessagePackFault) -> [Element] {
        let count = try readArrayHeader(at: &offset)
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
            return .string(try readString(at: &offset))
        case .binary(let bytes): return .binary(Array(bytes))
        case .array:
            offset = start
            return .array(
                try readElements(at: &offset) { (offset) throws(MessagePackFault) in try readValue(at: &offset) }
            )
        case .map(let count):
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
            return .extension(type: type, bytes: Array(bytes))
        }
    }
}

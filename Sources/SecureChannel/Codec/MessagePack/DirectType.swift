#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Types that the MessagePack codec writes and reads without asking their `Codable` conformance: scalars, because each would
/// cost an encoder and a container, and what MessagePack has formats of its own for.
///
/// They are told apart by identity: `as?` would cost more than writing most of these values.
internal enum DirectType {
    case string, int, double, bool, date, value, bytes, data, url, float
    case int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64
    case ints, doubles, strings

    @inline(__always)
    init?<Content>(_ type: Content.Type) {
        if type == String.self { self = .string }
        else if type == Int.self { self = .int }
        else if type == Double.self { self = .double }
        else if type == Bool.self { self = .bool }
        else if type == Date.self { self = .date }
        else if type == Value.self { self = .value }
        else if type == [UInt8].self { self = .bytes }
        else if type == Data.self { self = .data }
        else if type == [Int].self { self = .ints }
        else if type == [Double].self { self = .doubles }
        else if type == [String].self { self = .strings }
        else if type == Int64.self { self = .int64 }
        else if type == Int32.self { self = .int32 }
        else if type == Int16.self { self = .int16 }
        else if type == Int8.self { self = .int8 }
        else if type == UInt.self { self = .uint }
        else if type == UInt64.self { self = .uint64 }
        else if type == UInt32.self { self = .uint32 }
        else if type == UInt16.self { self = .uint16 }
        else if type == UInt8.self { self = .uint8 }
        else if type == Float.self { self = .float }
        else if type == URL.self { self = .url }
        else { return nil }
    }
}

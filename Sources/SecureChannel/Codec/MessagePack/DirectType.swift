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
        switch ObjectIdentifier(type) {
        case ObjectIdentifier(String.self): self = .string
        case ObjectIdentifier(Int.self): self = .int
        case ObjectIdentifier(Double.self): self = .double
        case ObjectIdentifier(Bool.self): self = .bool
        case ObjectIdentifier(Date.self): self = .date
        case ObjectIdentifier(Value.self): self = .value
        case ObjectIdentifier([UInt8].self): self = .bytes
        case ObjectIdentifier(Data.self): self = .data
        case ObjectIdentifier([Int].self): self = .ints
        case ObjectIdentifier([Double].self): self = .doubles
        case ObjectIdentifier([String].self): self = .strings
        case ObjectIdentifier(Int64.self): self = .int64
        case ObjectIdentifier(Int32.self): self = .int32
        case ObjectIdentifier(Int16.self): self = .int16
        case ObjectIdentifier(Int8.self): self = .int8
        case ObjectIdentifier(UInt.self): self = .uint
        case ObjectIdentifier(UInt64.self): self = .uint64
        case ObjectIdentifier(UInt32.self): self = .uint32
        case ObjectIdentifier(UInt16.self): self = .uint16
        case ObjectIdentifier(UInt8.self): self = .uint8
        case ObjectIdentifier(Float.self): self = .float
        case ObjectIdentifier(URL.self): self = .url
        default: return nil
        }
    }
}

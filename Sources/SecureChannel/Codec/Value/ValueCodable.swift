#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// For encoders other than this library's; its own codecs write and read values directly.
///
/// A map whose keys are all strings or all integers becomes a keyed container, another an array of keys and values in
/// turn; binary is encoded as `Data`, a timestamp as `Date`, an extension as its type and its bytes. What another format
/// cannot tell apart comes back as what it looks like: from JSON, binary as a string.
extension Value: Codable {
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ValueDecoder {
            self = decoder.value
        } else if let decoder = decoder as? MessagePackDecoder {
            self = try decoder.decode(Value.self)
        } else if let container = try? decoder.container(keyedBy: ValueKey.self) {
            self = .map(
                Map(entries: try container.allKeys.map { ($0.value, try container.decode(Value.self, forKey: $0)) })
            )
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [Value] = []
            while !container.isAtEnd { elements.append(try container.decode(Value.self)) }
            self = .array(elements)
        } else {
            self = try Value(scalar: try decoder.singleValueContainer())
        }
    }

    private init(scalar container: any SingleValueDecodingContainer) throws {
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let integer = try? container.decode(UInt64.self) {
            self = .unsigned(integer)
        } else if let double = try? container.decode(Double.self) {
            self = .double(double)
        } else {
            self = .string(try container.decode(String.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .map(let map):
            try Self.encode(map, to: encoder)
        case .extension(let type, let bytes):
            try Self.encode(["type": .integer(Int64(type)), "data": .binary(bytes)], to: encoder)
        default:
            var container = encoder.singleValueContainer()
            try encodeScalar(into: &container)
        }
    }

    private func encodeScalar(into container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let bool): try container.encode(bool)
        case .integer(let integer): try container.encode(integer)
        case .unsigned(let integer): try container.encode(integer)
        case .double(let double): try container.encode(double)
        case .number(let text):
            guard let double else {
                throw EncodingError.invalidValue(
                    Value.self,
                    .init(codingPath: container.codingPath, debugDescription: "a Value.number is not a number")
                )
            }
            if text.isJSONInteger, let integer = Int64(text) {
                try container.encode(integer)
            } else {
                try container.encode(double)
            }
        case .string(let string): try container.encode(string)
        case .binary(let bytes): try container.encode(Data(bytes))
        case .timestamp(let seconds, let nanoseconds):
            guard let timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds) else {
                throw EncodingError.invalidValue(
                    Value.self,
                    .init(codingPath: container.codingPath, debugDescription: "nanoseconds are a second or more")
                )
            }
            try container.encode(timestamp.date)
        default: try container.encodeNil()
        }
    }

    private static func encode(_ map: Map, to encoder: any Encoder) throws {
        let keys = map.compactMap { ValueKey($0.key) }
        let areIntegers = keys.allSatisfy { $0.intValue != nil }
        guard keys.count == map.count, areIntegers || keys.allSatisfy({ $0.intValue == nil }) else {
            var container = encoder.unkeyedContainer()
            for (key, value) in map {
                try container.encode(key)
                try container.encode(value)
            }
            return
        }
        var container = encoder.container(keyedBy: ValueKey.self)
        for (key, entry) in zip(keys, map) { try container.encode(entry.value, forKey: key) }
    }
}

/// A map's key for other encoders: a string or an integer.
private struct ValueKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init?(_ value: Value) {
        switch value {
        case .string(let string): self.init(stringValue: string)
        case .integer(let integer):
            guard let integer = Int(exactly: integer) else { return nil }
            self.init(intValue: integer)
        default: return nil
        }
    }

    init(stringValue: String) {
        self.stringValue = stringValue
        self.intValue = nil
    }

    init(intValue: Int) {
        self.stringValue = String(intValue)
        self.intValue = intValue
    }

    var value: Value { intValue.map { .integer(Int64($0)) } ?? .string(stringValue) }
}

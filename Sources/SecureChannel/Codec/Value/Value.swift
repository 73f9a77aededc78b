/// Content without a Swift type: whatever a message can hold, to be looked into as one goes along.
///
/// ```swift
/// let reply: Value = try await channel.send(["command": "status", "verbose": true] as Value)
/// print(reply["uptime"]?.double ?? 0, reply["peers"]?[0]?.string ?? "none")
/// ```
///
/// A value read from MessagePack and written again means the same: order, repeated keys, keys that are not strings, and
/// extensions are kept. Only widths are not: integers and timestamps are written in their shortest form, floating point
/// numbers as 64 bits.
@nonexhaustive
public enum Value: Sendable {
    /// Nothing: nil in Swift, None in Python.
    case null
    /// True or false.
    case bool(Bool)
    /// An integer from `Int64.min` to `Int64.max`.
    case integer(Int64)
    /// An integer; the codecs use this case only above `Int64.max`. Below that it equals `.integer` of the same number.
    case unsigned(UInt64)
    /// A floating point number.
    case double(Double)
    /// A number as JSON wrote it, of which neither 64 bits nor a `Double` hold every digit: an integer that is larger, or a
    /// number of more than 17 digits. It is read as a `Double` by rounding, as an integer exactly. MessagePack has no such
    /// numbers: there it becomes a `Double`, or an integer if it fits. Text that is not a number cannot be encoded.
    case number(String)
    /// Text.
    case string(String)
    /// Bytes. JSON has none: there they become a base64 string.
    case binary([UInt8])
    /// Values in order.
    case array([Value])
    /// Keys with their values, in order.
    case map(Map)
    /// A point in time: seconds since 1970-01-01 00:00:00 UTC, and nanoseconds (0 to 999,999,999) after that second.
    case timestamp(seconds: Int64, nanoseconds: UInt32)
    /// A MessagePack extension that is not a timestamp; types below 0 are reserved by MessagePack.
    case `extension`(type: Int8, bytes: [UInt8])
}

// MARK: - Looking into a value

extension Value {
    /// Whether this is null.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The boolean, or nil if this is not one.
    public var bool: Bool? {
        if case .bool(let bool) = self { bool } else { nil }
    }

    /// The integer, or nil if this is not one or does not fit.
    public var integer: Int? {
        switch self {
        case .integer(let integer): Int(exactly: integer)
        case .unsigned(let integer): Int(exactly: integer)
        case .number(let text): text.isJSONInteger ? Int(text) : nil
        default: nil
        }
    }

    /// The number, or nil if this is not one. It is rounded if a `Double` cannot hold it exactly.
    public var double: Double? {
        switch self {
        case .double(let double): double
        case .integer(let integer): Double(integer)
        case .unsigned(let integer): Double(integer)
        case .number(let text): DecimalNumber(text) != nil ? Double(text) : nil
        default: nil
        }
    }

    /// The string, or nil if this is not one.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The bytes, or nil if this is not binary.
    public var binary: [UInt8]? {
        if case .binary(let bytes) = self { bytes } else { nil }
    }

    /// The elements, or nil if this is not an array.
    public var array: [Value]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The entries, or nil if this is not a map.
    public var map: Map? {
        if case .map(let map) = self { map } else { nil }
    }

    /// A map's value for a string key, or nil if this is not a map or has no such key.
    public subscript(key: String) -> Value? {
        map?[.string(key)]
    }

    /// An array's element, or a map's value for an integer key; nil if there is none.
    public subscript(index: Int) -> Value? {
        switch self {
        case .array(let elements): elements.indices.contains(index) ? elements[index] : nil
        case .map(let map): map[.integer(Int64(index))]
        default: nil
        }
    }
}

// MARK: - Equality

extension Value: Hashable {
    /// Whether both are the same kind of value and hold the same; the order of a map's entries does not matter. Two of
    /// ``number(_:)`` are the same if they are written alike.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.unsigned(let left), .unsigned(let right)): left == right
        case (.integer(let left), .unsigned(let right)): left == right
        case (.unsigned(let left), .integer(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.binary(let left), .binary(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.map(let left), .map(let right)): left == right
        case (.timestamp(let seconds, let nanoseconds), .timestamp(let otherSeconds, let otherNanoseconds)):
            seconds == otherSeconds && nanoseconds == otherNanoseconds
        case (.extension(let type, let bytes), .extension(let otherType, let otherBytes)):
            type == otherType && bytes == otherBytes
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .bool(let bool): hasher.combine(bool)
        case .integer(let integer): hasher.combine(integer)
        case .unsigned(let integer): hasher.combine(Int64(truncatingIfNeeded: integer))
        case .double(let double): hasher.combine(double)
        case .number(let text): hasher.combine(text)
        case .string(let string): hasher.combine(string)
        case .binary(let bytes): hasher.combine(bytes)
        case .array(let elements): hasher.combine(elements)
        case .map(let map): hasher.combine(map)
        case .timestamp(let seconds, let nanoseconds):
            hasher.combine(seconds)
            hasher.combine(nanoseconds)
        case .extension(let type, let bytes):
            hasher.combine(type)
            hasher.combine(bytes)
        }
    }
}

// MARK: - Literals

// There is deliberately no `ExpressibleByNilLiteral`: in `isThere ? value : nil` the nil would become a `.null`.
extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }

    /// A map with these entries, in this order.
    public init(dictionaryLiteral elements: (Value, Value)...) {
        self = .map(Map(elements))
    }

    /// The integer, whatever its type; nil if 64 bits cannot hold it.
    public init?(exactly integer: some BinaryInteger) {
        if let integer = Int64(exactly: integer) {
            self = .integer(integer)
        } else if let integer = UInt64(exactly: integer) {
            self = .unsigned(integer)
        } else {
            return nil
        }
    }
}

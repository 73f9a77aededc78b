#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension Value {
    /// This value as a Swift type, by the rules by which ``MessagePackCodec`` reads.
    ///
    /// - Throws: `DecodingError`, or what `Content` throws.
    public func decoded<Content: Decodable>(as type: Content.Type = Content.self) throws -> Content {
        try ValueDecoder(value: self, codingPath: [], style: .native).content(type)
    }
}

/// Makes anything that is `Decodable` of a ``Value``.
internal struct ValueDecoder: Decoder {
    let value: Value
    let codingPath: [any CodingKey]
    let style: ValueStyle
    var settings: [CodingUserInfoKey: any Sendable] = [:]

    var userInfo: [CodingUserInfoKey: Any] { settings }

    func child(_ value: Value, _ key: some CodingKey) -> ValueDecoder {
        ValueDecoder(value: value, codingPath: codingPath + [key], style: style, settings: settings)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .map(let map) = value else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(KeyedContainer(self, map))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([Any].self) }
        return UnkeyedContainer(self, elements)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

// MARK: - Values of one kind

extension ValueDecoder {
    func content<Content: Decodable>(_ type: Content.Type) throws -> Content {
        if type == Value.self, let content = value as? Content { return content }
        if type == Date.self, let content = try date() as? Content { return content }
        if type == Data.self, let content = Data(try binary()) as? Content { return content }
        if type == [UInt8].self, let content = try binary() as? Content { return content }
        if type == URL.self, let content = try url() as? Content { return content }
        return try Content(from: self)
    }

    func bool() throws -> Bool {
        guard case .bool(let bool) = value else { throw mismatch(Bool.self) }
        return bool
    }

    func string() throws -> String {
        guard case .string(let string) = value else { throw mismatch(String.self) }
        return string
    }

    func integer<Integer: FixedWidthInteger>() throws -> Integer {
        let integer: Integer? =
            switch value {
            case .integer(let integer): Integer(exactly: integer)
            case .unsigned(let integer): Integer(exactly: integer)
            // JSON has one kind of number, and some languages write 5.0 for 5.
            case .double(let double) where style == .json: Integer(exactly: double)
            case .number(let text) where style == .json || text.isJSONInteger: DecimalNumber(text)?.integer()
            default: throw mismatch(Integer.self)
            }
        guard let integer else { throw corrupted("the number does not fit into \(Integer.self)") }
        return integer
    }

    func floatingPoint<Number: BinaryFloatingPoint>() throws -> Number {
        let number: Number?
        switch value {
        case .double(let double):
            let rounded = Number(double)
            number = rounded.isFinite || !double.isFinite ? rounded : nil
        case .integer(let integer): number = Number(integer)
        case .unsigned(let integer): number = Number(integer)
        case .number(let text):
            // Rounded once.
            let rounded = Number.self == Float.self ? Float(text).map { Number($0) } : Double(text).map { Number($0) }
            number = DecimalNumber(text) != nil && rounded?.isFinite == true ? rounded : nil
        default: throw mismatch(Number.self)
        }
        guard let number else { throw corrupted("the number does not fit into \(Number.self)") }
        return number
    }

    private func date() throws -> Date {
        switch value {
        case .timestamp(let seconds, let nanoseconds):
            guard let timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds) else {
                throw corrupted("a timestamp's nanoseconds are a second or more")
            }
            return timestamp.date
        case .integer, .unsigned, .double, .number:
            guard let date = value.dateSince1970 else { throw corrupted("the number is no date") }
            return date
        default: throw mismatch(Date.self)
        }
    }

    private func binary() throws -> [UInt8] {
        switch value {
        case .binary(let bytes):
            return bytes
        case .string(let string) where style == .json:
            guard let data = Data(base64Encoded: string) else { throw corrupted("a string is not base64") }
            return Array(data)
        case .string(let string):
            return Array(string.utf8)
        case .array(let elements):
            return try elements.enumerated().map { try child($0.element, IndexKey($0.offset)).integer() }
        default:
            throw mismatch([UInt8].self)
        }
    }

    private func url() throws -> URL {
        guard let url = URL(string: try string()) else { throw corrupted("a string is not a URL") }
        return url
    }

    private func mismatch(_ type: Any.Type) -> DecodingError {
        if value.isNull {
            return .valueNotFound(
                type,
                .init(codingPath: codingPath.printable, debugDescription: "there is nil where a value should be")
            )
        }
        return .typeMismatch(
            type,
            .init(codingPath: codingPath.printable, debugDescription: "there is \(value.kind) instead")
        )
    }

    private func corrupted(_ description: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: codingPath.printable, debugDescription: description))
    }
}

extension Value {
    internal var kind: String {
        switch self {
        case .null: "nil"
        case .bool: "a boolean"
        case .integer, .unsigned: "an integer"
        case .double: "a floating point number"
        case .number: "a number"
        case .string: "a string"
        case .binary: "binary"
        case .array: "an array"
        case .map: "a map"
        case .timestamp: "a timestamp"
        case .extension: "an extension"
        }
    }
}

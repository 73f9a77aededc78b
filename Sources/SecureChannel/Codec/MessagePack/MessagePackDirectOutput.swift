#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension RawOutput {
    /// Appends a value of a type that needs no `encode(to:)`.
    ///
    /// - Parameter depth: how many arrays and maps may still be nested.
    mutating func append<Content>(_ value: Content, as type: DirectType, depth: Int) throws(MessagePackFault) {
        switch type {
        case .string: try append(string: same(value))
        case .int: append(integer: same(value, as: Int.self))
        case .double: append(double: same(value))
        case .bool: append(bool: same(value))
        case .date: try append(date: same(value))
        case .value: try append(value: same(value), depth: depth)
        case .bytes: try append(bytes: same(value, as: [UInt8].self))
        case .data: try append(bytes: same(value, as: Data.self))
        case .url: try append(string: same(value, as: URL.self).absoluteString)
        case .float: append(float: same(value))
        case .int8: append(integer: same(value, as: Int8.self))
        case .int16: append(integer: same(value, as: Int16.self))
        case .int32: append(integer: same(value, as: Int32.self))
        case .int64: append(integer: same(value, as: Int64.self))
        case .uint: append(integer: same(value, as: UInt.self))
        case .uint8: append(integer: same(value, as: UInt8.self))
        case .uint16: append(integer: same(value, as: UInt16.self))
        case .uint32: append(integer: same(value, as: UInt32.self))
        case .uint64: append(integer: same(value, as: UInt64.self))
        case .ints: try appendElements(same(value, as: [Int].self), depth) { $0.append(integer: $1) }
        case .doubles: try appendElements(same(value, as: [Double].self), depth) { $0.append(double: $1) }
        case .strings:
            try appendElements(same(value, as: [String].self), depth) { (output, string) throws(MessagePackFault) in
                try output.append(string: string)
            }
        }
    }

    /// About how many bytes a value will take, if it is of a type that may be large and is known at once; else 0.
    static func size<Content>(of value: Content, as type: DirectType) -> Int {
        switch type {
        case .string: unsafeBitCast(value, to: String.self).utf8.count + 5
        case .bytes: unsafeBitCast(value, to: [UInt8].self).count + 5
        case .data: unsafeBitCast(value, to: Data.self).count + 5
        default: 0
        }
    }

    /// The value as the type that it has been found to be.
    @inline(__always)
    private func same<Content, Same>(_ value: Content, as type: Same.Type = Same.self) -> Same {
        unsafeBitCast(value, to: Same.self)
    }

    private mutating func append(date: Date) throws(MessagePackFault) {
        guard let timestamp = Timestamp(date) else { throw .dateOutOfRange }
        append(timestamp: timestamp)
    }

    private mutating func append(number text: String) throws(MessagePackFault) {
        guard DecimalNumber(text) != nil, let double = Double(text) else { throw .invalidNumber }
        if text.isJSONInteger, let integer = Int64(text) {
            append(integer: integer)
        } else if text.isJSONInteger, let integer = UInt64(text) {
            append(integer: integer)
        } else {
            append(double: double)
        }
    }

    private mutating func append(bytes: some ContiguousBytes) throws(MessagePackFault) {
        let result: Result<Void, MessagePackFault> = bytes.withUnsafeBytes { bytes in
            do throws(MessagePackFault) {
                return .success(try append(binary: bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    @inline(__always)
    private mutating func appendElements<Element>(
        _ elements: [Element],
        _ depth: Int,
        _ body: (inout RawOutput, Element) throws(MessagePackFault) -> Void
    ) throws(MessagePackFault) {
        guard depth > 0 else { throw .tooDeep(limit: 0) }
        try appendArrayHeader(count: elements.count)
        for element in elements { try body(&self, element) }
    }

    private mutating func append(value: Value, depth: Int) throws(MessagePackFault) {
        switch value {
        case .null: appendNull()
        case .bool(let bool): append(bool: bool)
        case .integer(let integer): append(integer: integer)
        case .unsigned(let integer): append(integer: integer)
        case .double(let double): append(double: double)
        case .number(let text): try append(number: text)
        case .string(let string): try append(string: string)
        case .binary(let bytes): try append(bytes: bytes)
        case .array(let elements):
            try appendElements(elements, depth) { (output, element) throws(MessagePackFault) in
                try output.append(value: element, depth: depth - 1)
            }
        case .map(let map):
            guard depth > 0 else { throw .tooDeep(limit: 0) }
            try appendMapHeader(count: map.count)
            for (key, value) in map {
                try append(value: key, depth: depth - 1)
                try append(value: value, depth: depth - 1)
            }
        case .timestamp(let seconds, let nanoseconds):
            guard let timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds) else { throw .invalidTimestamp }
            append(timestamp: timestamp)
        case .extension(let type, let bytes):
            let result: Result<Void, MessagePackFault> = bytes.withUnsafeBytes { bytes in
                do throws(MessagePackFault) {
                    return .success(try append(extensionType: type, bytes))
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
    }
}

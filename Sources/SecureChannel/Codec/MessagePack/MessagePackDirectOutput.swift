#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Writing values without asking their `encode(to:)`: scalars, because each would cost an encoder and a container, and
/// what MessagePack has formats of its own for.
extension RawOutput {
    /// Appends `value` if it is of such a type.
    ///
    /// Types are told apart by identity: `as?` would cost more than writing most of these values.
    ///
    /// - Parameter depth: how many arrays and maps may still be nested.
    mutating func appendDirectly<Content>(_ value: Content, depth: Int) throws(MessagePackFault) -> Bool {
        if Content.self == String.self { try append(string: same(value)) }
        else if Content.self == Int.self { append(integer: same(value, as: Int.self)) }
        else if Content.self == Double.self { append(double: same(value)) }
        else if Content.self == Bool.self { append(bool: same(value)) }
        else if Content.self == Date.self { try append(date: same(value)) }
        else if Content.self == Value.self { try append(value: same(value), depth: depth) }
        else if Content.self == [UInt8].self { try append(bytes: same(value, as: [UInt8].self)) }
        else if Content.self == Data.self { try append(bytes: same(value, as: Data.self)) }
        else if Content.self == [Int].self { try appendElements(same(value, as: [Int].self), depth) { $0.append(integer: $1) } }
        else if Content.self == [Double].self { try appendElements(same(value, as: [Double].self), depth) { $0.append(double: $1) } }
        else if Content.self == [String].self { try append(strings: same(value), depth: depth) }
        else if Content.self == Int64.self { append(integer: same(value, as: Int64.self)) }
        else if Content.self == Int32.self { append(integer: same(value, as: Int32.self)) }
        else if Content.self == Int16.self { append(integer: same(value, as: Int16.self)) }
        else if Content.self == Int8.self { append(integer: same(value, as: Int8.self)) }
        else if Content.self == UInt.self { append(integer: same(value, as: UInt.self)) }
        else if Content.self == UInt64.self { append(integer: same(value, as: UInt64.self)) }
        else if Content.self == UInt32.self { append(integer: same(value, as: UInt32.self)) }
        else if Content.self == UInt16.self { append(integer: same(value, as: UInt16.self)) }
        else if Content.self == UInt8.self { append(integer: same(value, as: UInt8.self)) }
        else if Content.self == Float.self { append(float: same(value)) }
        else if Content.self == URL.self { try append(string: same(value, as: URL.self).absoluteString) }
        else { return false }
        return true
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

    private mutating func append(strings: [String], depth: Int) throws(MessagePackFault) {
        try appendElements(strings, depth) { (output, string) throws(MessagePackFault) in try output.append(string: string) }
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

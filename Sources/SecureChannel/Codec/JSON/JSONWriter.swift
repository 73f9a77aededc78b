#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Writes JSON text as Python's `json.dumps` does: `", "` and `": "` between things, ASCII only, floats as `repr` has them.
internal struct JSONWriter {
    /// Whether NaN and the infinities are written, as Python's bare words; else they are a fault.
    var allowsNonFinite: Bool
    /// Whether what JSON has no way to say is written as something like it; else it is a fault.
    var isLenient = false
    var maximumDepth: Int

    enum Fault: Error, Hashable {
        case nonFinite
        case tooDeep(limit: Int)
        case key
        case `extension`
        case number
    }

    func write(_ value: Value, into output: inout RawOutput) throws(Fault) {
        try write(value, into: &output, depth: 0)
    }

    private func write(_ value: Value, into output: inout RawOutput, depth: Int) throws(Fault) {
        switch value {
        case .null: output.append(ascii: "null")
        case .bool(let bool): output.append(ascii: bool ? "true" : "false")
        case .integer(let integer): output.append(ascii: String(integer))
        case .unsigned(let integer): output.append(ascii: String(integer))
        case .double(let double):
            guard double.isFinite || allowsNonFinite else { throw .nonFinite }
            output.append(ascii: double.pythonRepresentation)
        case .number(let text):
            if DecimalNumber(text) != nil {
                output.append(ascii: text)
            } else {
                guard isLenient else { throw .number }
                output.append(jsonString: text)
            }
        case .string(let string): output.append(jsonString: string)
        case .binary(let bytes): output.append(jsonString: Data(bytes).base64EncodedString())
        case .array(let elements): try write(elements, into: &output, depth: depth + 1)
        case .map(let map): try write(map, into: &output, depth: depth + 1)
        case .timestamp(let seconds, let nanoseconds):
            try write(Value(secondsSince1970: seconds, nanoseconds: nanoseconds), into: &output, depth: depth)
        case .extension(let type, let bytes):
            guard isLenient else { throw .extension }
            try write(
                ["type": .integer(Int64(type)), "data": .binary(bytes)] as Value.Map,
                into: &output,
                depth: depth + 1
            )
        }
    }

    private func write(_ elements: [Value], into output: inout RawOutput, depth: Int) throws(Fault) {
        guard depth <= maximumDepth else { throw .tooDeep(limit: maximumDepth) }
        output.append(ascii: "[")
        var isFirst = true
        for element in elements {
            if !isFirst { output.append(ascii: ", ") }
            isFirst = false
            try write(element, into: &output, depth: depth)
        }
        output.append(ascii: "]")
    }

    private func write(_ map: Value.Map, into output: inout RawOutput, depth: Int) throws(Fault) {
        guard depth <= maximumDepth else { throw .tooDeep(limit: maximumDepth) }
        output.append(ascii: "{")
        var isFirst = true
        for (key, value) in map {
            if !isFirst { output.append(ascii: ", ") }
            isFirst = false
            output.append(jsonString: try name(of: key))
            output.append(ascii: ": ")
            try write(value, into: &output, depth: depth)
        }
        output.append(ascii: "}")
    }

    /// Keys that are not strings become such, as in Python.
    func name(of key: Value) throws(Fault) -> String {
        switch key {
        case .string(let string): return string
        case .integer(let integer): return String(integer)
        case .unsigned(let integer): return String(integer)
        case .bool(let bool): return bool ? "true" : "false"
        case .null: return "null"
        case .double(let double) where double.isFinite || allowsNonFinite: return double.pythonRepresentation
        case .number(let text) where DecimalNumber(text) != nil: return text
        default:
            guard isLenient else { throw .key }
            return key.json()
        }
    }
}

extension RawOutput {
    mutating func append(ascii string: String) {
        var string = string
        string.withUTF8 { append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    /// Appends a string in quotes, with everything but printable ASCII escaped.
    fileprivate mutating func append(jsonString string: String) {
        append(UInt8(ascii: "\""))
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": append(ascii: "\\\"")
            case "\\": append(ascii: "\\\\")
            case "\n": append(ascii: "\\n")
            case "\r": append(ascii: "\\r")
            case "\t": append(ascii: "\\t")
            case "\u{0c}": append(ascii: "\\f")
            case "\u{08}": append(ascii: "\\b")
            case " "..."~": append(UInt8(truncatingIfNeeded: scalar.value))
            default: for unit in Character(scalar).utf16 { append(escaped: unit) }
            }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped unit: UInt16) {
        append(ascii: "\\u")
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 0x0f)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

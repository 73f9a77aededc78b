internal struct MessagePackSingleValueEncodingContainer: SingleValueEncodingContainer {
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { frame.codingPath }

    mutating func encodeNil() throws { try write(Any?.self) { $0.appendNull() } }
    mutating func encode(_ value: Bool) throws { try write(Bool.self) { $0.append(bool: value) } }
    mutating func encode(_ value: String) throws {
        try write(String.self) { output throws(MessagePackFault) in try output.append(string: value) }
    }
    mutating func encode(_ value: Double) throws { try write(Double.self) { $0.append(double: value) } }
    mutating func encode(_ value: Float) throws { try write(Float.self) { $0.append(float: value) } }
    mutating func encode(_ value: Int) throws { try write(Int.self) { $0.append(integer: value) } }
    mutating func encode(_ value: Int8) throws { try write(Int8.self) { $0.append(integer: value) } }
    mutating func encode(_ value: Int16) throws { try write(Int16.self) { $0.append(integer: value) } }
    mutating func encode(_ value: Int32) throws { try write(Int32.self) { $0.append(integer: value) } }
    mutating func encode(_ value: Int64) throws { try write(Int64.self) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt) throws { try write(UInt.self) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt8) throws { try write(UInt8.self) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt16) throws { try write(UInt16.self) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt32) throws { try write(UInt32.self) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt64) throws { try write(UInt64.self) { $0.append(integer: value) } }
    mutating func encode(_ value: Int128) throws {
        try write(Int128.self) { output throws(MessagePackFault) in try output.append(wide: value) }
    }
    mutating func encode(_ value: UInt128) throws {
        try write(UInt128.self) { output throws(MessagePackFault) in try output.append(wide: value) }
    }

    mutating func encode<Content: Encodable>(_ value: Content) throws {
        if let direct = DirectType(Content.self) {
            let depth = frame.remainingDepth
            return try write(Content.self) { output throws(MessagePackFault) in
                try output.append(value, as: direct, depth: depth)
            }
        }
        do {
            try frame.appendSingle(value)
        } catch let fault as MessagePackFault {
            throw fault.encodingError(Content.self, path: codingPath)
        }
    }

    @inline(__always)
    private func write(
        _ type: Any.Type,
        _ body: (inout RawOutput) throws(MessagePackFault) -> Void
    ) throws {
        do throws(MessagePackFault) {
            try frame.appendSingle(body)
        } catch {
            throw error.encodingError(type, path: codingPath)
        }
    }
}

internal struct MessagePackUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { frame.codingPath }
    var count: Int { frame.count }

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
        let key = IndexKey(count)
        do {
            try frame.append(value, key: key)
        } catch let fault as MessagePackFault {
            throw fault.encodingError(Content.self, path: codingPath + [key])
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nestedEncoder().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { nestedEncoder() }

    private func nestedEncoder() -> MessagePackEncoder {
        frame.appendNested(IndexKey(count))
    }

    @inline(__always)
    private func write(
        _ type: Any.Type,
        _ body: (inout RawOutput) throws(MessagePackFault) -> Void
    ) throws {
        do throws(MessagePackFault) {
            try frame.append(body)
        } catch {
            throw self.error(error, type)
        }
    }

    @inline(never)
    private func error(_ fault: MessagePackFault, _ type: Any.Type) -> EncodingError {
        fault.encodingError(type, path: codingPath + [IndexKey(count)])
    }
}

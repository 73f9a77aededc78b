internal struct MessagePackKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { frame.codingPath }

    mutating func encodeNil(forKey key: Key) throws { try write(Any?.self, key) { $0.appendNull() } }
    mutating func encode(_ value: Bool, forKey key: Key) throws { try write(Bool.self, key) { $0.append(bool: value) } }
    mutating func encode(_ value: String, forKey key: Key) throws {
        try write(String.self, key) { output throws(MessagePackFault) in try output.append(string: value) }
    }
    mutating func encode(_ value: Double, forKey key: Key) throws {
        try write(Double.self, key) { $0.append(double: value) }
    }
    mutating func encode(_ value: Float, forKey key: Key) throws {
        try write(Float.self, key) { $0.append(float: value) }
    }
    mutating func encode(_ value: Int, forKey key: Key) throws {
        try write(Int.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int8, forKey key: Key) throws {
        try write(Int8.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int16, forKey key: Key) throws {
        try write(Int16.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int32, forKey key: Key) throws {
        try write(Int32.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int64, forKey key: Key) throws {
        try write(Int64.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt, forKey key: Key) throws {
        try write(UInt.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt8, forKey key: Key) throws {
        try write(UInt8.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt16, forKey key: Key) throws {
        try write(UInt16.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt32, forKey key: Key) throws {
        try write(UInt32.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt64, forKey key: Key) throws {
        try write(UInt64.self, key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int128, forKey key: Key) throws {
        try write(Int128.self, key) { output throws(MessagePackFault) in try output.append(wide: value) }
    }
    mutating func encode(_ value: UInt128, forKey key: Key) throws {
        try write(UInt128.self, key) { output throws(MessagePackFault) in try output.append(wide: value) }
    }

    mutating func encode<Content: Encodable>(_ value: Content, forKey key: Key) throws {
        if let direct = DirectType(Content.self) {
            let depth = frame.remainingDepth
            return try write(Content.self, key) { output throws(MessagePackFault) in
                try output.append(value, as: direct, depth: depth)
            }
        }
        let written = MessagePackWrittenKey(key, in: frame)
        frame.note(written, of: Key.self)
        do {
            try frame.append(value, key: key) { output throws(MessagePackFault) in try output.append(written) }
        } catch let fault as MessagePackFault {
            throw error(fault, Content.self, key)
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder(key).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nestedEncoder(key).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { nestedEncoder(SuperKey()) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { nestedEncoder(key) }

    private func nestedEncoder(_ key: some CodingKey) -> MessagePackEncoder {
        let written = MessagePackWrittenKey(key, in: frame)
        frame.note(written, of: Key.self)
        return frame.appendNested(key, as: written) { output throws(MessagePackFault) in try output.append(written) }
    }

    /// Writes a pair. No code but the codec's and the key's may run during `body`.
    @inline(__always)
    private mutating func write(
        _ type: Any.Type,
        _ key: Key,
        _ body: (inout RawOutput) throws(MessagePackFault) -> Void
    ) throws {
        do throws(MessagePackFault) {
            guard let start = try appendKey(key) else { return try writeElsewhere(key, body) }
            do throws(MessagePackFault) {
                try body(&frame.assembly.pointee.output)
            } catch {
                frame.assembly.pointee.output.truncate(to: start)
                throw error
            }
            frame.countElement()
        } catch {
            throw self.error(error, type, key)
        }
    }

    /// Writes a key, if its pair simply goes to the output's end; returns where that was. Else it writes nothing.
    private mutating func appendKey(_ key: Key) throws(MessagePackFault) -> Int? {
        if let number = key.intValue, MessagePackWrittenKey.isInteger(Key.self, in: frame) {
            guard frame.isOpen else { return nil }
            let start = frame.assembly.pointee.output.count
            frame.assembly.pointee.output.append(integer: number)
            frame.noteInPlace(MessagePackKeyFilter.hash(Int64(number)), of: Key.self)
            return start
        }
        // Before anything is looked at, because it runs anybody's code.
        var name = key.stringValue
        guard frame.isOpen else { return nil }
        let start = frame.assembly.pointee.output.count
        let isWritten = name.withUTF8 { utf8 in
            frame.noteInPlace(MessagePackKeyName(UnsafeRawBufferPointer(utf8)).hash, of: Key.self)
            return frame.assembly.pointee.output.append(utf8: utf8)
        }
        guard isWritten else { throw .tooLarge }
        return start
    }

    @inline(never)
    private mutating func writeElsewhere(
        _ key: Key,
        _ body: (inout RawOutput) throws(MessagePackFault) -> Void
    ) throws(MessagePackFault) {
        let written = MessagePackWrittenKey(key, in: frame)
        frame.note(written, of: Key.self)
        try frame.append { output throws(MessagePackFault) in
            try output.append(written)
            try body(&output)
        }
    }

    @inline(never)
    private func error(_ fault: MessagePackFault, _ type: Any.Type, _ key: Key) -> EncodingError {
        fault.encodingError(type, path: codingPath + [key])
    }
}

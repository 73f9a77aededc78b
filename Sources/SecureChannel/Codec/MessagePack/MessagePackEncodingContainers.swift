internal struct MessagePackKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let state: MessagePackEncodingState
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { state.assembly.pointee.codingPath(of: frame) }

    mutating func encodeNil(forKey key: Key) throws { try write(Any?.self, key) { $0.appendNull() } }
    mutating func encode(_ value: Bool, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(bool: value) }
    }
    mutating func encode(_ value: String, forKey key: Key) throws {
        try write(type(of: value), key) { try $0.append(string: value) }
    }
    mutating func encode(_ value: Double, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(double: value) }
    }
    mutating func encode(_ value: Float, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(float: value) }
    }
    mutating func encode(_ value: Int, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int8, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int16, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int32, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: Int64, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt8, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt16, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt32, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }
    mutating func encode(_ value: UInt64, forKey key: Key) throws {
        try write(type(of: value), key) { $0.append(integer: value) }
    }

    mutating func encode<Content: Encodable>(_ value: Content, forKey key: Key) throws {
        do {
            let element = try state.assembly.pointee.begin(in: frame)
            do {
                try append(key)
                try state.encode(value, in: frame, key: key)
                try state.assembly.pointee.end(element)
            } catch {
                state.assembly.pointee.cancel(element)
                throw error
            }
        } catch let fault as MessagePackFault {
            throw fault.encodingError(Content.self, path: codingPath + [key])
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

    mutating func superEncoder() -> any Encoder {
        nestedEncoder(SuperKey())
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
        nestedEncoder(key)
    }

    private func nestedEncoder(_ key: some CodingKey) -> MessagePackEncoder {
        do {
            let element = try state.assembly.pointee.begin(in: frame)
            do {
                try append(key)
                let nested = try state.assembly.pointee.openElement(in: frame, key: key, element)
                return MessagePackEncoder(state: state, frame: nested)
            } catch {
                state.assembly.pointee.cancel(element)
                throw error
            }
        } catch {
            return MessagePackEncoder(state: state, frame: .none)
        }
    }

    @inline(__always)
    private func write(
        _ type: Any.Type,
        _ key: Key,
        _ body: (inout RawOutput) throws -> Void
    ) throws {
        do {
            let element = try state.assembly.pointee.begin(in: frame)
            do {
                try append(key)
                try body(&state.assembly.pointee.output)
                try state.assembly.pointee.end(element)
            } catch {
                state.assembly.pointee.cancel(element)
                throw error
            }
        } catch let fault as MessagePackFault {
            throw fault.encodingError(type, path: codingPath + [key])
        }
    }

    @inline(__always)
    private func append<AnyKey: CodingKey>(_ key: AnyKey) throws(MessagePackFault) {
        if let number = key.intValue, usesIntegers(AnyKey.self) {
            state.assembly.pointee.output.append(integer: number)
        } else {
            try state.assembly.pointee.output.append(string: key.stringValue)
        }
    }

    /// Whether keys with an integer are written as that.
    ///
    /// All are, except those of dictionaries whose keys are strings: the standard library gives `"1"` an integer too.
    private func usesIntegers<AnyKey: CodingKey>(_ type: AnyKey.Type) -> Bool {
        guard ObjectIdentifier(AnyKey.self) == StandardDictionaryKey.identifier else { return true }
        return (state.assembly.pointee.type(of: frame) as? any DictionaryType.Type)?.hasStringKeys == false
    }
}

internal struct MessagePackUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let state: MessagePackEncodingState
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { state.assembly.pointee.codingPath(of: frame) }
    var count: Int { state.assembly.pointee.count(of: frame) }

    mutating func encodeNil() throws { try write(Any?.self) { $0.appendNull() } }
    mutating func encode(_ value: Bool) throws { try write(type(of: value)) { $0.append(bool: value) } }
    mutating func encode(_ value: String) throws {
        try write(type(of: value)) { try $0.append(string: value) }
    }
    mutating func encode(_ value: Double) throws { try write(type(of: value)) { $0.append(double: value) } }
    mutating func encode(_ value: Float) throws { try write(type(of: value)) { $0.append(float: value) } }
    mutating func encode(_ value: Int) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int8) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int16) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int32) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int64) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt8) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt16) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt32) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt64) throws { try write(type(of: value)) { $0.append(integer: value) } }

    mutating func encode<Content: Encodable>(_ value: Content) throws {
        let key = IndexKey(count)
        do {
            let element = try state.assembly.pointee.begin(in: frame)
            do {
                try state.encode(value, in: frame, key: key)
                try state.assembly.pointee.end(element)
            } catch {
                state.assembly.pointee.cancel(element)
                throw error
            }
        } catch let fault as MessagePackFault {
            throw fault.encodingError(Content.self, path: codingPath + [key])
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        nestedEncoder().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        nestedEncoder().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        nestedEncoder()
    }

    private func nestedEncoder() -> MessagePackEncoder {
        let key = IndexKey(count)
        do {
            let element = try state.assembly.pointee.begin(in: frame)
            do {
                let nested = try state.assembly.pointee.openElement(in: frame, key: key, element)
                return MessagePackEncoder(state: state, frame: nested)
            } catch {
                state.assembly.pointee.cancel(element)
                throw error
            }
        } catch {
            return MessagePackEncoder(state: state, frame: .none)
        }
    }

    @inline(__always)
    private func write(
        _ type: Any.Type,
        _ body: (inout RawOutput) throws -> Void
    ) throws {
        do {
            let element = try state.assembly.pointee.begin(in: frame)
            do {
                try body(&state.assembly.pointee.output)
                try state.assembly.pointee.end(element)
            } catch {
                state.assembly.pointee.cancel(element)
                throw error
            }
        } catch let fault as MessagePackFault {
            throw fault.encodingError(type, path: codingPath + [IndexKey(count)])
        }
    }
}

extension ValueEncoder {
    struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let node: Node

        var codingPath: [any CodingKey] { node.path }

        func encodeNil(forKey key: Key) throws { try add(.null, key) }
        func encode(_ value: Bool, forKey key: Key) throws { try add(.bool(value), key) }
        func encode(_ value: String, forKey key: Key) throws { try add(.string(value), key) }
        func encode(_ value: Double, forKey key: Key) throws { try add(.double(value), key) }
        func encode(_ value: Float, forKey key: Key) throws { try add(.double(Double(value)), key) }
        func encode(_ value: Int, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: Int8, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: Int16, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: Int32, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: Int64, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: UInt, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: UInt8, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: UInt16, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: UInt32, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: UInt64, forKey key: Key) throws { try add(Value(value), key) }
        func encode(_ value: Int128, forKey key: Key) throws { try add(wide: value, key) }
        func encode(_ value: UInt128, forKey key: Key) throws { try add(wide: value, key) }

        func encode(_ value: some Encodable, forKey key: Key) throws {
            let child = Node(in: node, key: key)
            try child.encode(value)
            node.set(key, to: child)
        }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type,
            forKey key: Key
        ) -> KeyedEncodingContainer<NestedKey> {
            nestedEncoder(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            nestedEncoder(key).unkeyedContainer()
        }

        func superEncoder() -> any Encoder { nestedEncoder(SuperKey()) }
        func superEncoder(forKey key: Key) -> any Encoder { nestedEncoder(key) }

        private func nestedEncoder(_ key: some CodingKey) -> ValueEncoder {
            ValueEncoder(node: node.nested(key))
        }

        private func add(_ value: Value, _ key: Key) throws {
            let child = Node(in: node, key: key)
            try child.set(value)
            node.set(key, to: child)
        }

        private func add(wide integer: some FixedWidthInteger, _ key: Key) throws {
            let child = Node(in: node, key: key)
            try child.set(wide: integer)
            node.set(key, to: child)
        }
    }

    struct UnkeyedContainer: UnkeyedEncodingContainer {
        let node: Node

        var codingPath: [any CodingKey] { node.path }
        var count: Int { node.count }

        func encodeNil() throws { try add(.null) }
        func encode(_ value: Bool) throws { try add(.bool(value)) }
        func encode(_ value: String) throws { try add(.string(value)) }
        func encode(_ value: Double) throws { try add(.double(value)) }
        func encode(_ value: Float) throws { try add(.double(Double(value))) }
        func encode(_ value: Int) throws { try add(Value(value)) }
        func encode(_ value: Int8) throws { try add(Value(value)) }
        func encode(_ value: Int16) throws { try add(Value(value)) }
        func encode(_ value: Int32) throws { try add(Value(value)) }
        func encode(_ value: Int64) throws { try add(Value(value)) }
        func encode(_ value: UInt) throws { try add(Value(value)) }
        func encode(_ value: UInt8) throws { try add(Value(value)) }
        func encode(_ value: UInt16) throws { try add(Value(value)) }
        func encode(_ value: UInt32) throws { try add(Value(value)) }
        func encode(_ value: UInt64) throws { try add(Value(value)) }
        func encode(_ value: Int128) throws { try add(wide: value) }
        func encode(_ value: UInt128) throws { try add(wide: value) }

        func encode(_ value: some Encodable) throws {
            let child = Node(in: node, key: IndexKey(count))
            try child.encode(value)
            node.append(child)
        }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type
        ) -> KeyedEncodingContainer<NestedKey> {
            nestedEncoder().container(keyedBy: type)
        }

        func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nestedEncoder().unkeyedContainer() }
        func superEncoder() -> any Encoder { nestedEncoder() }

        private func nestedEncoder() -> ValueEncoder {
            let child = Node(in: node, key: IndexKey(count))
            node.append(child)
            return ValueEncoder(node: child)
        }

        private func add(_ value: Value) throws {
            let child = Node(in: node, key: IndexKey(count))
            try child.set(value)
            node.append(child)
        }

        private func add(wide integer: some FixedWidthInteger) throws {
            let child = Node(in: node, key: IndexKey(count))
            try child.set(wide: integer)
            node.append(child)
        }
    }

    struct SingleContainer: SingleValueEncodingContainer {
        let node: Node

        var codingPath: [any CodingKey] { node.path }

        func encodeNil() throws { try add(.null) }
        func encode(_ value: Bool) throws { try add(.bool(value)) }
        func encode(_ value: String) throws { try add(.string(value)) }
        func encode(_ value: Double) throws { try add(.double(value)) }
        func encode(_ value: Float) throws { try add(.double(Double(value))) }
        func encode(_ value: Int) throws { try add(Value(value)) }
        func encode(_ value: Int8) throws { try add(Value(value)) }
        func encode(_ value: Int16) throws { try add(Value(value)) }
        func encode(_ value: Int32) throws { try add(Value(value)) }
        func encode(_ value: Int64) throws { try add(Value(value)) }
        func encode(_ value: UInt) throws { try add(Value(value)) }
        func encode(_ value: UInt8) throws { try add(Value(value)) }
        func encode(_ value: UInt16) throws { try add(Value(value)) }
        func encode(_ value: UInt32) throws { try add(Value(value)) }
        func encode(_ value: UInt64) throws { try add(Value(value)) }
        func encode(_ value: Int128) throws { try node.set(wide: value) }
        func encode(_ value: UInt128) throws { try node.set(wide: value) }

        func encode(_ value: some Encodable) throws {
            try node.encode(value)
        }

        private func add(_ value: Value) throws {
            try node.set(value)
        }
    }
}

extension Value {
    /// An integer that 64 bits hold.
    fileprivate init(_ integer: some FixedWidthInteger) {
        if let integer = Int64(exactly: integer) {
            self = .integer(integer)
        } else {
            self = .unsigned(UInt64(truncatingIfNeeded: integer))
        }
    }
}

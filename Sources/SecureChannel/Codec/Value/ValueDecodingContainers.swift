extension ValueDecoder {
    struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
        private let decoder: ValueDecoder
        private let map: Value.Map
        /// Where each key stands; nil for a small map, which is searched one by one. Of equal keys the last counts.
        private let index: [ByteString: Int]?

        init(_ decoder: ValueDecoder, _ map: Value.Map) {
            self.decoder = decoder
            self.map = map
            self.index = map.count > 8 ? Self.makeIndex(map) : nil
        }

        var codingPath: [any CodingKey] { decoder.codingPath }

        /// Each once, at the first one's place.
        var allKeys: [Key] {
            var seen: Set<ByteString> = []
            return map.compactMap { entry in
                guard let key = ByteString(entry.key), seen.insert(key).inserted else { return nil }
                return switch entry.key {
                case .string(let name): Key(stringValue: name)
                case .integer(let number): Int(exactly: number).flatMap { Key(intValue: $0) }
                default: nil
                }
            }
        }

        func contains(_ key: Key) -> Bool { find(key) != nil }
        func decodeNil(forKey key: Key) throws -> Bool { try child(key).value.isNull }
        func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try child(key).bool() }
        func decode(_ type: String.Type, forKey key: Key) throws -> String { try child(key).string() }
        func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try child(key).floatingPoint() }
        func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try child(key).floatingPoint() }
        func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try child(key).integer() }
        func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try child(key).integer() }
        func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try child(key).integer() }
        func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try child(key).integer() }
        func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try child(key).integer() }
        func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try child(key).integer() }
        func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try child(key).integer() }
        func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try child(key).integer() }
        func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try child(key).integer() }
        func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try child(key).integer() }
        func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try child(key).integer() }
        func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try child(key).integer() }

        func decode<Content: Decodable>(_ type: Content.Type, forKey key: Key) throws -> Content {
            try child(key).content(type)
        }

        func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<NestedKey> {
            try child(key).container(keyedBy: type)
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            try child(key).unkeyedContainer()
        }

        func superDecoder() throws -> any Decoder { try child(SuperKey()) }
        func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }

        private func child(_ key: some CodingKey) throws -> ValueDecoder {
            guard let value = find(key) else {
                throw DecodingError.keyNotFound(
                    key,
                    .init(codingPath: codingPath.printable, debugDescription: "the map has no such key")
                )
            }
            return decoder.child(value, key)
        }

        private func find(_ key: some CodingKey) -> Value? {
            if let index {
                let position =
                    index[ByteString(string: key.stringValue)]
                    ?? key.intValue.flatMap { index[ByteString(integer: Int64($0))] }
                return position.map { map[$0].value }
            }
            return find(ByteString(string: key.stringValue))
                ?? key.intValue.flatMap { find(ByteString(integer: Int64($0))) }
        }

        private func find(_ key: ByteString) -> Value? {
            map.last { ByteString($0.key) == key }?.value
        }

        private static func makeIndex(_ map: Value.Map) -> [ByteString: Int] {
            var index: [ByteString: Int] = [:]
            index.reserveCapacity(map.count)
            for (position, entry) in map.enumerated() {
                if let key = ByteString(entry.key) { index[key] = position }
            }
            return index
        }
    }

    struct UnkeyedContainer: UnkeyedDecodingContainer {
        private let decoder: ValueDecoder
        private let elements: [Value]
        private(set) var currentIndex = 0

        init(_ decoder: ValueDecoder, _ elements: [Value]) {
            self.decoder = decoder
            self.elements = elements
        }

        var codingPath: [any CodingKey] { decoder.codingPath }
        var count: Int? { elements.count }
        var isAtEnd: Bool { currentIndex >= elements.count }

        mutating func decodeNil() throws -> Bool {
            let isNull = try next(Any?.self).value.isNull
            if isNull { currentIndex += 1 }
            return isNull
        }

        mutating func decode(_ type: Int128.Type) throws -> Int128 { try take(type) { try $0.integer() } }
        mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try take(type) { try $0.integer() } }

        mutating func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
            try take(type) { try $0.content(type) }
        }

        mutating func nestedContainer<NestedKey: CodingKey>(
            keyedBy type: NestedKey.Type
        ) throws -> KeyedDecodingContainer<NestedKey> {
            try take(Any.self) { try $0.container(keyedBy: type) }
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            try take(Any.self) { try $0.unkeyedContainer() }
        }

        mutating func superDecoder() throws -> any Decoder {
            try take(Any.self) { $0 }
        }

        private mutating func take<Content>(
            _ type: Any.Type,
            _ body: (ValueDecoder) throws -> Content
        ) throws -> Content {
            let content = try body(try next(type))
            currentIndex += 1
            return content
        }

        private func next(_ type: Any.Type) throws -> ValueDecoder {
            guard !isAtEnd else {
                throw DecodingError.valueNotFound(
                    type,
                    .init(
                        codingPath: (codingPath + [IndexKey(currentIndex)]).printable,
                        debugDescription: "the array has no more elements"
                    )
                )
            }
            return decoder.child(elements[currentIndex], IndexKey(currentIndex))
        }
    }
}

extension ValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try self.bool() }
    func decode(_ type: String.Type) throws -> String { try self.string() }
    func decode(_ type: Double.Type) throws -> Double { try self.floatingPoint() }
    func decode(_ type: Float.Type) throws -> Float { try self.floatingPoint() }
    func decode(_ type: Int.Type) throws -> Int { try self.integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try self.integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.integer() }
    func decode(_ type: Int128.Type) throws -> Int128 { try self.integer() }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try self.integer() }

    func decode<Content: Decodable>(_ type: Content.Type) throws -> Content { try content(type) }
}

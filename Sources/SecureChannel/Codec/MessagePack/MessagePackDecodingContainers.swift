internal struct MessagePackKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let map: MessagePackMap
    let nesting: CodingPathNode?

    var codingPath: [any CodingKey] { map.state.path + CodingPathNode.path(to: nesting) }

    /// The keys that are strings or integers and that `Key` knows; those with strings that are not UTF-8 are left out.
    var allKeys: [Key] {
        var keys: [Key] = []
        try? map.forEachEntry { (entry) throws(MessagePackFault) in
            let key: Key? =
                switch entry.key {
                case .string(var offset, let length, _):
                    String(validating: try map.state.input.readBytes(length, at: &offset), as: UTF8.self)
                        .flatMap { Key(stringValue: $0) }
                case .integer(let integer): Int(exactly: integer).flatMap { Key(intValue: $0) }
                case .other: nil
                }
            if let key { keys.append(key) }
        }
        return keys
    }

    func contains(_ key: Key) -> Bool {
        (try? map.find(key)) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try peek(Any?.self, key) { try $0.byte(at: $1) == MessagePackFormat.null }
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try read(type, key) { try $0.readBool(at: &$1) } }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try read(type, key) { try $0.readString(at: &$1) }
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try read(type, key) { try $0.readFloatingPoint(type, at: &$1) }
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try read(type, key) { try $0.readFloatingPoint(type, at: &$1) }
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
        try read(type, key) { try $0.readInteger(type, at: &$1) }
    }

    func decode<Content: Decodable>(_ type: Content.Type, forKey key: Key) throws -> Content {
        if let direct = DirectType(type) { return try read(type, key) { try $0.read(type, as: direct, at: &$1) } }
        return try map.state.decode(type, at: try peek(type, key) { $1 }, nesting: nesting, key: key)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try nestedDecoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nestedDecoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        try nestedDecoder(SuperKey())
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try nestedDecoder(key)
    }

    private func nestedDecoder(_ key: some CodingKey) throws -> MessagePackDecoder {
        let offset = try peek(Any.self, key) { $1 }
        return MessagePackDecoder(state: map.state, offset: offset, nesting: CodingPathNode(key: key, parent: nesting))
    }

    /// Reads a value to its end.
    @inline(__always)
    private func read<Content>(
        _ type: Any.Type,
        _ key: some CodingKey,
        _ body: (MessagePackInput, inout Int) throws -> Content
    ) throws -> Content {
        do {
            if let value = try map.find(key) {
                var offset = value
                let content = try body(map.state.input, &offset)
                map.noteEnd(of: value, at: offset)
                return content
            }
        } catch let fault as MessagePackFault {
            throw fault.decodingError(type, path: codingPath + [key])
        }
        throw notFound(key)
    }

    /// Looks at a value without reading to its end.
    @inline(__always)
    private func peek<Content>(
        _ type: Any.Type,
        _ key: some CodingKey,
        _ body: (MessagePackInput, Int) throws -> Content
    ) throws -> Content {
        do {
            if let value = try map.find(key) { return try body(map.state.input, value) }
        } catch let fault as MessagePackFault {
            throw fault.decodingError(type, path: codingPath + [key])
        }
        throw notFound(key)
    }

    private func notFound(_ key: some CodingKey) -> DecodingError {
        .keyNotFound(key, .init(codingPath: codingPath.printable, debugDescription: "the map has no such key"))
    }
}

internal struct MessagePackUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let state: MessagePackDecodingState
    private let nesting: CodingPathNode?
    private let elementCount: Int
    private var offset: Int
    private(set) var currentIndex = 0

    init(state: MessagePackDecodingState, at offset: Int, nesting: CodingPathNode?) throws(MessagePackFault) {
        self.state = state
        self.nesting = nesting
        self.offset = offset
        self.elementCount = try state.input.readArrayHeader(at: &self.offset)
    }

    var codingPath: [any CodingKey] { state.path + CodingPathNode.path(to: nesting) }
    var count: Int? { elementCount }
    var isAtEnd: Bool { currentIndex >= elementCount }

    /// As `Codable` wants it: nil is passed over, anything else stays the next element.
    mutating func decodeNil() throws -> Bool {
        let isNull = try peek(Any?.self) { input, offset in
            try input.byte(at: offset) == MessagePackFormat.null
        }
        if isNull {
            offset += 1
            currentIndex += 1
        }
        return isNull
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try read(type) { try $0.readBool(at: &$1) } }
    mutating func decode(_ type: String.Type) throws -> String { try read(type) { try $0.readString(at: &$1) } }
    mutating func decode(_ type: Double.Type) throws -> Double {
        try read(type) { try $0.readFloatingPoint(type, at: &$1) }
    }
    mutating func decode(_ type: Float.Type) throws -> Float {
        try read(type) { try $0.readFloatingPoint(type, at: &$1) }
    }
    mutating func decode(_ type: Int.Type) throws -> Int { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try read(type) { try $0.readInteger(type, at: &$1) } }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try read(type) { try $0.readInteger(type, at: &$1) } }

    mutating func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
        if let direct = DirectType(type) { return try read(type) { try $0.read(type, as: direct, at: &$1) } }
        let end = try peek(type) { input, offset in
            try input.skip(at: &offset, state.extents)
            return offset
        }
        let content = try state.decode(type, at: offset, nesting: nesting, key: IndexKey(currentIndex))
        offset = end
        currentIndex += 1
        return content
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try takeNested { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try takeNested { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try takeNested { $0 }
    }

    private mutating func takeNested<Nested>(_ body: (MessagePackDecoder) throws -> Nested) throws -> Nested {
        let end = try peek(Any.self) { input, offset in
            try input.skip(at: &offset, state.extents)
            return offset
        }
        let key = CodingPathNode(key: IndexKey(currentIndex), parent: nesting)
        let nested = try body(MessagePackDecoder(state: state, offset: offset, nesting: key))
        offset = end
        currentIndex += 1
        return nested
    }

    /// Reads the next element and moves on behind it.
    @inline(__always)
    private mutating func read<Content>(
        _ type: Any.Type,
        _ body: (MessagePackInput, inout Int) throws -> Content
    ) throws -> Content {
        let (content, end) = try peek(type) { input, offset in
            (try body(input, &offset), offset)
        }
        offset = end
        currentIndex += 1
        return content
    }

    /// Reads the next element, which stays the next.
    @inline(__always)
    private func peek<Content>(
        _ type: Any.Type,
        _ body: (MessagePackInput, inout Int) throws -> Content
    ) throws -> Content {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                type,
                .init(
                    codingPath: codingPath + [IndexKey(currentIndex)],
                    debugDescription: "the array has no more elements"
                )
            )
        }
        var offset = offset
        do {
            return try body(state.input, &offset)
        } catch let fault as MessagePackFault {
            throw fault.decodingError(type, path: codingPath + [IndexKey(currentIndex)])
        }
    }
}

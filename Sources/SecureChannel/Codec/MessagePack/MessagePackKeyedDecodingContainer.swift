internal struct MessagePackKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let map: MessagePackMapReference

    var codingPath: [any CodingKey] { map.codingPath }

    /// The keys that are strings or integers and that `Key` knows, each once; those with strings that are not UTF-8 are left out.
    var allKeys: [Key] {
        var keys: [Key] = []
        try? map.forEachKey { (key, input) throws(MessagePackFault) in
            let key: Key? =
                switch key {
                case .string(var offset, let length):
                    String(validating: try input.readBytes(length, at: &offset), as: UTF8.self)
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
        let found = try find(key, Any?.self)
        return map.takeNull(found)
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try read(key, MessagePackInput.readBool) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try read(key, MessagePackInput.readString) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try read(key, MessagePackInput.readFloatingPoint)
    }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try read(key, MessagePackInput.readFloatingPoint)
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try read(key, MessagePackInput.readInteger) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try read(key, MessagePackInput.readInteger) }

    func decode<Content: Decodable>(_ type: Content.Type, forKey key: Key) throws -> Content {
        if let direct = DirectType(type) {
            do throws(MessagePackFault) {
                if let found = try map.find(key) { return try map.read(found, type, as: direct) }
            } catch {
                throw report(error, type, as: direct, key)
            }
            throw notFound(key)
        }
        return try map.decode(type, at: find(key, type).value, key)
    }

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        try readIfPresent(key, MessagePackInput.readBool)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try readIfPresent(key, MessagePackInput.readString)
    }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        try readIfPresent(key, MessagePackInput.readFloatingPoint)
    }
    func decodeIfPresent(_ type: Float.Type, forKey key: Key) throws -> Float? {
        try readIfPresent(key, MessagePackInput.readFloatingPoint)
    }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: Int8.Type, forKey key: Key) throws -> Int8? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: Int16.Type, forKey key: Key) throws -> Int16? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: UInt.Type, forKey key: Key) throws -> UInt? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: UInt8.Type, forKey key: Key) throws -> UInt8? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: UInt16.Type, forKey key: Key) throws -> UInt16? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: UInt32.Type, forKey key: Key) throws -> UInt32? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? {
        try readIfPresent(key, MessagePackInput.readInteger)
    }

    func decodeIfPresent<Content: Decodable>(_ type: Content.Type, forKey key: Key) throws -> Content? {
        if let direct = DirectType(type) {
            do throws(MessagePackFault) {
                guard let found = try map.find(key), !map.takeNull(found) else { return nil }
                return try map.read(found, type, as: direct)
            } catch {
                throw report(error, type, as: direct, key)
            }
        }
        guard let found = try findIfPresent(key, type), !map.takeNull(found) else { return nil }
        return try map.decode(type, at: found.value, key)
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

    func superDecoder() throws -> any Decoder { try nestedDecoder(SuperKey()) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try nestedDecoder(key) }

    private func nestedDecoder(_ key: some CodingKey) throws -> MessagePackDecoder {
        map.nestedDecoder(at: try find(key, Any.self).value, key)
    }

    // MARK: Finding and reading

    @inline(__always)
    private func read<Content>(
        _ key: Key,
        _ body: (MessagePackInput) -> (inout Int) throws(MessagePackFault) -> Content
    ) throws -> Content {
        do throws(MessagePackFault) {
            if let found = try map.find(key) { return try map.read(found, body) }
        } catch {
            throw report(error, Content.self, key)
        }
        throw notFound(key)
    }

    @inline(__always)
    private func readIfPresent<Content>(
        _ key: Key,
        _ body: (MessagePackInput) -> (inout Int) throws(MessagePackFault) -> Content
    ) throws -> Content? {
        do throws(MessagePackFault) {
            guard let found = try map.find(key), !map.takeNull(found) else { return nil }
            return try map.read(found, body)
        } catch {
            throw report(error, Content.self, key)
        }
    }

    private func find(_ key: some CodingKey, _ type: Any.Type) throws -> MessagePackMapReference.Found {
        guard let found = try findIfPresent(key, type) else { throw notFound(key) }
        return found
    }

    private func findIfPresent(_ key: some CodingKey, _ type: Any.Type) throws -> MessagePackMapReference.Found? {
        do {
            return try map.find(key)
        } catch {
            throw report(error, type, key)
        }
    }

    @inline(never)
    private func report(_ fault: MessagePackFault, _ type: Any.Type, _ key: some CodingKey) -> DecodingError {
        fault.decodingError(type, path: codingPath + [key])
    }

    @inline(never)
    private func report(
        _ fault: MessagePackFault,
        _ type: Any.Type,
        as direct: DirectType,
        _ key: some CodingKey
    ) -> DecodingError {
        guard let found = try? map.find(key) else { return report(fault, type, key) }
        let input = found.map.pointee.input
        return fault.decodingError(type, as: direct, at: found.value, in: input, path: codingPath + [key])
    }

    @inline(never)
    private func notFound(_ key: some CodingKey) -> DecodingError {
        .keyNotFound(key, .init(codingPath: codingPath.printable, debugDescription: "the map has no such key"))
    }
}

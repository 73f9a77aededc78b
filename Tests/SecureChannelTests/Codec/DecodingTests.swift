import SecureChannel
import Testing

/// How decoders find values by key and by position.
@Suite struct DecodingTests {
    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int?

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) {
            self.stringValue = "\(intValue)"
            self.intValue = intValue
        }
    }

    /// Decodes by a script.
    struct Scripted: Decodable {
        @TaskLocal static var script: @Sendable (any Decoder) throws -> Void = { _ in }

        init(from decoder: any Decoder) throws {
            try Self.script(decoder)
        }
    }

    private func decode(_ value: Value, _ script: @escaping @Sendable (any Decoder) throws -> Void) throws {
        let bytes = try encoded(value, .messagePack)
        try Scripted.$script.withValue(script) {
            _ = try decoded(bytes, .messagePack, as: Scripted.self)
            _ = try value.decoded(as: Scripted.self)
        }
    }

    static let sizes = [0, 1, 2, 15, 16, 17, 100, 1000]

    @Test("Every key is found in any order, and no other, in small and large maps", arguments: sizes)
    func anyOrder(size: Int) throws {
        let entries: [(Value, Value)] = (0..<size).map { number in
            let integer = Value.integer(Int64(number))
            return (.string("key \(number)"), number % 3 == 0 ? .array([integer]) : integer)
        }
        try decode(.map(Value.Map(entries))) { decoder in
            let container = try decoder.container(keyedBy: Key.self)
            var generator = SeededGenerator(seed: UInt64(size))
            for order in [Array(0..<size), (0..<size).reversed(), (0..<size).shuffled(using: &generator)] {
                for number in order {
                    let key = Key("key \(number)")
                    #expect(container.contains(key))
                    #expect(!container.contains(Key("missing \(number)")))
                    if number % 3 == 0 {
                        #expect(try container.decode([Int].self, forKey: key) == [number])
                    } else {
                        #expect(try container.decode(Int.self, forKey: key) == number)
                    }
                    #expect(try container.decodeIfPresent(Int.self, forKey: Key("missing")) == nil)
                }
            }
            #expect(container.allKeys.map(\.stringValue) == (0..<size).map { "key \($0)" })
        }
    }

    /// Searching one by one would compare a billion keys.
    @Test("A large map in reverse order is no work for minutes", .timeLimit(.minutes(1)))
    func largeMap() throws {
        let size = 50_000
        let entries = (0..<size).map { (Value.string("key \($0)"), Value.integer(Int64($0))) }
        try decode(.map(Value.Map(entries))) { decoder in
            let container = try decoder.container(keyedBy: Key.self)
            for number in (0..<size).reversed() {
                let found = try container.decode(Int.self, forKey: Key("key \(number)"))
                if found != number { Issue.record("\(found) for \(number)") }
            }
        }
    }

    @Test("Of a key that occurs twice the last counts, however it is looked for", arguments: [0, 20])
    func duplicates(padding: Int) throws {
        var map: Value.Map = ["a": 1, "b": 2, "a": 10, "c": 3, "b": 20, "c": 30]
        for number in 0..<padding { map.append(key: .string("padding \(number)"), value: 0) }
        let entries = map
        for order in ["abc", "cba", "bca", "abab", "aabbcc", "cabacab"] {
            try decode(.map(entries)) { decoder in
                let container = try decoder.container(keyedBy: Key.self)
                for name in order + order + order + order {
                    let expected = name == "a" ? 10 : name == "b" ? 20 : 30
                    #expect(
                        try container.decode(Int.self, forKey: Key(String(name))) == expected,
                        "\(name) in \(order)"
                    )
                }
            }
        }
        #expect(Value.map(entries)["a"] == 10)
    }

    @Test("Unknown keys between known ones, and keys of other kinds, are passed over")
    func unknownKeys() throws {
        let value: Value = [
            .null: 1, "other": ["x": ["y": [1, 2, 3]]], "x": 1, [1]: [2], true: 0, 1.5: 0, .binary([1]): 1,
            "more": [[:]], "y": 2, 7: 8,
        ]
        #expect(try decoded(encoded(value, .messagePack), .messagePack) == Point(x: 1, y: 2))
        #expect(try value.decoded() == Point(x: 1, y: 2))
        try decode(value) { decoder in
            let keys = try decoder.container(keyedBy: Key.self).allKeys
            #expect(keys.map(\.stringValue) == ["other", "x", "more", "y", "7"])
            #expect(keys.compactMap(\.intValue) == [7])
        }
    }

    @Test("Keys that look the same but differ in their bytes are different")
    func normalisation() throws {
        let value: Value = .map(Value.Map([("\u{e9}", 1), ("e\u{301}", 2)]))
        try decode(value) { decoder in
            let container = try decoder.container(keyedBy: Key.self)
            #expect(try container.decode(Int.self, forKey: Key("e\u{301}")) == 2)
            #expect(try container.decode(Int.self, forKey: Key("\u{e9}")) == 1)
        }
        #expect(try Value(json: #"{"\u00e9": 1, "e\u0301": 2}"#).map?.count == 2)
    }

    @Test("Arrays are read element by element, nested ones too, and not beyond their end")
    func arrays() throws {
        try decode([.null, 1, .null, [2, [3]], ["k": [4]], "end"]) { decoder in
            var container = try decoder.unkeyedContainer()
            #expect(container.count == 6)
            #expect(try container.decodeNil())
            #expect(try !container.decodeNil())
            #expect(throws: DecodingError.self) { try container.decode(String.self) }
            #expect(container.currentIndex == 1)
            #expect(try container.decode(Int.self) == 1)
            #expect(try container.decodeIfPresent(Int.self) == nil)
            var nested = try container.nestedUnkeyedContainer()
            #expect(try nested.decode(Int.self) == 2)
            var inner = try nested.superDecoder().unkeyedContainer()
            #expect(inner.codingPath.map(\.stringValue) == ["Index 3", "Index 1"])
            #expect(try inner.decode(Int.self) == 3)
            #expect(nested.isAtEnd && inner.isAtEnd)
            let map = try container.nestedContainer(keyedBy: Key.self)
            var list = try map.nestedUnkeyedContainer(forKey: Key("k"))
            #expect(list.codingPath.map(\.stringValue) == ["Index 4", "k"])
            #expect(try list.decode(Int.self) == 4)
            #expect(throws: DecodingError.self) { try list.decode(Int.self) }
            #expect(throws: DecodingError.self) { try list.decodeNil() }
            #expect(throws: DecodingError.self) { try list.nestedUnkeyedContainer() }
            #expect(try container.decode(String.self) == "end")
            #expect(container.isAtEnd)
        }
    }

    @Test("A decoder kept beyond its call reads nothing and throws")
    func escapedDecoder() throws {
        final class Box: @unchecked Sendable {
            // One thread only; a class to carry things out of the closure.
            var decoder: (any Decoder)?
            var map: KeyedDecodingContainer<Key>?
            var list: (any UnkeyedDecodingContainer)?
        }
        let box = Box()
        let bytes = try encoded(["k": [1, 2, 3], "l": "text"] as Value, .messagePack)
        try Scripted.$script.withValue({ decoder in
            box.decoder = decoder
            box.map = try decoder.container(keyedBy: Key.self)
            box.list = try box.map?.nestedUnkeyedContainer(forKey: Key("k"))
            #expect(try box.list?.decode(Int.self) == 1)
        }) {
            _ = try decoded(bytes, .messagePack, as: Scripted.self)
        }
        #expect(throws: DecodingError.self) { try box.list?.decode(Int.self) }
        #expect(throws: DecodingError.self) { try box.map?.decode(String.self, forKey: Key("l")) }
        #expect(throws: DecodingError.self) { try box.map?.decode([Int].self, forKey: Key("k")) }
        #expect(throws: DecodingError.self) { try box.decoder?.container(keyedBy: Key.self) }
        #expect(throws: DecodingError.self) { try box.decoder?.singleValueContainer().decode(Value.self) }
        #expect(box.map?.allKeys.isEmpty == true)
        #expect(box.decoder?.codingPath.isEmpty == true)
    }

    @Test("Long nested containers are read whole, whatever their sizes")
    func longContainers() throws {
        // Around the size from which the decoder remembers where containers end.
        for size in [10, 500, 1000, 1020, 1024, 1030, 5000] {
            let row = Matrix(rows: [Array(repeating: 1, count: size), [], Array(repeating: 2, count: size)])
            let content = ["a": [row, row], "b": [], "c": [row]]
            #expect(try decoded(encoded(content, .messagePack), .messagePack) == content)
        }
    }
}

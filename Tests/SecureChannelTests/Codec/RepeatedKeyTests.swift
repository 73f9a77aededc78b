import Foundation
import SecureChannel
import Testing

/// Maps from a peer in which a key comes twice.
@Suite("Keys that come twice")
struct RepeatedKeyTests {
    private typealias Key = DecodingTests.Key

    /// Entries as they come, and what they mean; each is also tried among many others.
    static let maps: [(entries: [(String, Int)], meaning: [(String, Int)])] = [
        ([("a", 1), ("a", 2)], [("a", 2)]),
        ([("a", 1), ("b", 2), ("a", 3)], [("a", 3), ("b", 2)]),
        ([("", 1), ("b", 2), ("", 3), ("b", 4), ("", 5)], [("", 5), ("b", 4)]),
        ([("1", 1), ("2", 2), ("1", 3)], [("1", 3), ("2", 2)]),
        // Longer than MessagePack's short form, and the same at both ends.
        (
            [
                (String(repeating: "x", count: 40), 1), (String(repeating: "x", count: 41), 2),
                (String(repeating: "x", count: 40), 3),
            ],
            [(String(repeating: "x", count: 40), 3), (String(repeating: "x", count: 41), 2)]
        ),
        (
            (0..<16).map { ("before 000\($0 % 10)00 and after", $0) },
            (0..<10).map { ("before 000\($0)00 and after", $0 < 6 ? $0 + 10 : $0) }
        ),
        ((0..<17).map { ("\($0 % 16)", $0) }, [("0", 16)] + (1..<16).map { ("\($0)", $0) }),
        ((0..<600).map { ("key \($0 % 300)", $0) }, (0..<300).map { ("key \($0)", $0 + 300) }),
        ((0..<40).map { ("all differ \($0)", $0) }, (0..<40).map { ("all differ \($0)", $0) }),
    ]

    static let cases = maps.indices.flatMap { map in [0, 5, 30].map { (map, $0) } }

    private func padded(_ entries: [(String, Int)], _ padding: Int) -> [(String, Int)] {
        let others = (0..<padding).map { ("padding \($0)", -$0) }
        return others.prefix(padding / 2) + entries + others.dropFirst(padding / 2)
    }

    private func json(_ entries: [(String, Int)]) -> [UInt8] {
        let text = entries.map { #""\#($0.0)": \#($0.1)"# }.joined(separator: ", ")
        return Array(#"[{"map": {}, "map": {\#(text)}}]"#.utf8)
    }

    private func messagePack(_ entries: [(String, Int)], keys: (String) -> Value = { .string($0) }) throws -> [UInt8] {
        let map = Value.Map(entries.map { (keys($0.0), .integer(Int64($0.1))) })
        return try encoded([["map": 0, "map": .map(map)]] as Value, .messagePack)
    }

    private struct Outer<Inner: Codable>: Codable {
        var map: Inner
    }

    /// Looks keys up one by one, in an order of its own.
    private struct Sought: Codable {
        var keys: [String]
        var values: [Int]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            keys = container.allKeys.map(\.stringValue)
            values = try keys.reversed().map { try container.decode(Int.self, forKey: Key($0)) }.reversed()
        }
    }

    @Test("The last counts in both codecs, alone and in dictionaries", arguments: cases)
    func lastCounts(index: Int, padding: Int) throws {
        let entries = padded(Self.maps[index].entries, padding)
        let meaning = padded(Self.maps[index].meaning, padding)
        let dictionary = Dictionary(uniqueKeysWithValues: meaning)
        let (text, bytes) = (json(entries), try messagePack(entries))
        let value: Value = try decoded(bytes, .messagePack)
        #expect(try decoded(text, .json, as: [Outer<[String: Int]>].self)[0].map == dictionary)
        #expect(try decoded(bytes, .messagePack, as: [Outer<[String: Int]>].self)[0].map == dictionary)
        #expect(try value.decoded(as: [Outer<[String: Int]>].self)[0].map == dictionary)
        let sought = [
            try decoded(text, .json, as: [Outer<Sought>].self)[0].map,
            try decoded(bytes, .messagePack, as: [Outer<Sought>].self)[0].map,
            try value.decoded(as: [Outer<Sought>].self)[0].map,
        ]
        for one in sought {
            #expect(one.keys == meaning.map(\.0))
            #expect(one.values == meaning.map(\.1))
        }
        for (key, number) in meaning { #expect(value[0]?["map"]?[key]?.integer == number) }
    }

    @Test("The last counts of integer keys too", arguments: [2, 16, 17, 500])
    func integers(count: Int) throws {
        let entries = (0..<2 * count).map { ("\($0 % count)", $0) }
        let bytes = try messagePack(entries) { .integer(Int64($0) ?? 0) }
        let meaning = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, $0 + count) })
        #expect(try decoded(bytes, .messagePack, as: [Outer<[Int: Int]>].self)[0].map == meaning)
        #expect(try decoded(bytes, .messagePack, as: Value.self)[0]?["map"]?[0]?.integer == count)
    }

    @Test("Where a key is there as a string and as an integer, its string is found", arguments: [0, 30])
    func both(padding: Int) throws {
        struct Asking: Decodable {
            var number: Int
            init(from decoder: any Decoder) throws {
                let key = try #require(Key(intValue: 1))
                number = try decoder.container(keyedBy: Key.self).decode(Int.self, forKey: key)
            }
        }
        for var map in [[1: 10, "1": 20], ["1": 20, 1: 10], ["1": 0, 1: 10, "1": 20]] as [Value.Map] {
            for number in 0..<padding { map.append(key: .string("padding \(number)"), value: 0) }
            #expect(try decoded(encoded(Value.map(map), .messagePack), .messagePack, as: Asking.self).number == 20)
            #expect(try Value.map(map).decoded(as: Asking.self).number == 20)
        }
    }

    @Test("A value's map finds, replaces and removes the last")
    func valueMap() {
        var map: Value.Map = ["a": 1, "b": 2, "a": 3]
        #expect(map["a"] == 3)
        map["a"] = 4
        #expect(map["a"] == 4)
        #expect(map.count == 3)
        map["a"] = nil
        #expect(map == ["b": 2])
    }

    @Test("Many keys of one hash are no work for minutes", .timeLimit(.minutes(1)))
    func collisions() throws {
        // Of long keys only the ends are hashed.
        let entries = (0..<6_000).map { ("the same \($0 + 10_000) the same", $0) }
        let decoded: [Outer<[String: Int]>] = try decoded(messagePack(entries), .messagePack)
        #expect(decoded[0].map == Dictionary(uniqueKeysWithValues: entries))
    }

    private struct Nested: Codable, Equatable {
        var inner: [Nested]
        var number: Int
    }

    /// Each map is walked through when it is opened, with all that is in it unless that is long.
    @Test("Maps in maps are no work for minutes", .timeLimit(.minutes(1)))
    func nestedMaps() throws {
        let chain = (0..<60).reduce(Nested(inner: [], number: -1)) { Nested(inner: [$0], number: $1) }
        let chains = Array(repeating: chain, count: 30)
        #expect(try decoded(encoded(chains, .messagePack), .messagePack) == chains)
    }

    @Test("An index takes no more memory than the codec allows, and many maps with one share it")
    func memory() throws {
        let map = Value.map(Value.Map((0..<40).map { (.string("k\($0 % 20)"), .integer($0)) }))
        let codec = MessagePackCodec(maximumMemory: 64 << 10)
        let many = try encoded(Value.array(Array(repeating: map, count: 500)), .messagePack)
        struct Ignored: Decodable {
            init(from decoder: any Decoder) throws {
                #expect(try decoder.container(keyedBy: Key.self).decode(Int.self, forKey: Key("k7")) == 27)
            }
        }
        #expect(try decoded(many, codec, as: [Ignored].self).count == 500)
        let large = Value.map(Value.Map((0..<20_000).map { (.string("k\($0 % 10_000)"), .integer($0)) }))
        #expect(throws: DecodingError.self) { try decoded(encoded(large, .messagePack), codec, as: Ignored.self) }
    }
}

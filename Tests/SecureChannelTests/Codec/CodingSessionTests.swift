import Foundation
import SecureChannel
import Testing

/// What the coders keep from one content to the next must never show.
@Suite struct CodingSessionTests {
    typealias Key = DecodingTests.Key

    /// Keeps the decoder and containers that it was decoded from.
    final class Keeper: Decodable, @unchecked Sendable {
        // Used by one thread at a time.
        let decoder: any Decoder
        let map: KeyedDecodingContainer<Key>
        var list: any UnkeyedDecodingContainer

        init(from decoder: any Decoder) throws {
            self.decoder = decoder
            self.map = try decoder.container(keyedBy: Key.self)
            self.list = try map.nestedUnkeyedContainer(forKey: Key("list"))
        }

        func expectNothing() {
            #expect(throws: DecodingError.self) { try self.map.decode(Int.self, forKey: Key("number")) }
            #expect(throws: DecodingError.self) { try self.map.decode(Point.self, forKey: Key("point")) }
            #expect(throws: DecodingError.self) { try self.map.decodeIfPresent(Int.self, forKey: Key("number")) }
            #expect(throws: DecodingError.self) { try self.list.decode(Int.self) }
            #expect(throws: DecodingError.self) { try self.decoder.container(keyedBy: Key.self) }
            #expect(map.allKeys.isEmpty && !map.contains(Key("number")) && map.codingPath.isEmpty)
        }
    }

    /// Runs a closure while it is decoded.
    struct Busy: Decodable {
        @TaskLocal static var body: @Sendable () throws -> Void = {}

        init(from decoder: any Decoder) throws {
            let map = try decoder.container(keyedBy: Key.self)
            #expect(try map.decode(Int.self, forKey: Key("number")) == 7)
            try Self.body()
            #expect(try map.decode(Point.self, forKey: Key("point")) == Point(x: 1, y: 2))
        }
    }

    static let content: Value = ["number": 7, "point": ["x": 1, "y": 2], "list": [1, 2]]

    @Test("A decoder kept from an earlier content reads nothing of later ones")
    func keptDecoder() throws {
        let bytes = try encoded(Self.content, .messagePack)
        let keepers = try (0..<3).map { _ in try decoded(bytes, .messagePack, as: Keeper.self) }
        for keeper in keepers { keeper.expectNothing() }
        try Busy.$body.withValue({
            for keeper in keepers { keeper.expectNothing() }
        }) {
            _ = try decoded(bytes, .messagePack, as: Busy.self)
        }
    }

    @Test("A decoder kept from an earlier content reads nothing on another thread")
    func keptElsewhere() throws {
        let bytes = try encoded(Self.content, .messagePack)
        let keeper = try decoded(bytes, .messagePack, as: Keeper.self)
        let thread = Thread { keeper.expectNothing() }
        thread.start()
        while !thread.isFinished { _ = try? decoded(bytes, .messagePack, as: Busy.self) }
    }

    @Test("Decoding within decoding, encoding within encoding and both within one another do not disturb each other")
    func nesting() throws {
        struct Outer: Encodable {
            var depth: Int

            func encode(to encoder: any Encoder) throws {
                var map = encoder.container(keyedBy: Key.self)
                try map.encode(7, forKey: Key("number"))
                if depth > 0 {
                    let bytes = try encoded(Outer(depth: depth - 1), .messagePack)
                    _ = try decoded(bytes, .messagePack, as: Busy.self)
                }
                try map.encode(Point(x: 1, y: 2), forKey: Key("point"))
            }
        }
        let expected = try encoded(["number": 7, "point": ["x": 1, "y": 2]] as Value, .messagePack)
        let check: @Sendable () throws -> Void = {
            let bytes = try encoded(Outer(depth: 0), .messagePack)
            #expect(bytes == expected)
        }
        try Busy.$body.withValue(check) {
            #expect(try encoded(Outer(depth: 20), .messagePack) == expected)
            _ = try decoded(expected, .messagePack, as: Busy.self)
        }
    }

    @Test("More nested containers than are kept ready are all read in turns, also behind the end of their value")
    func manyContainers() throws {
        struct Part: Decodable {
            let map: KeyedDecodingContainer<Key>

            init(from decoder: any Decoder) throws {
                map = try decoder.container(keyedBy: Key.self)
            }
        }
        struct Whole: Decodable {
            init(from decoder: any Decoder) throws {
                let map = try decoder.container(keyedBy: Key.self)
                var containers: [KeyedDecodingContainer<Key>] = []
                for number in 0..<200 {
                    let key = Key("\(number)")
                    if number % 2 == 0 {
                        containers.append(try map.nestedContainer(keyedBy: Key.self, forKey: key))
                    } else {
                        containers.append(try map.decode(Part.self, forKey: key).map)
                    }
                }
                for (number, container) in containers.enumerated() {
                    #expect(try container.decode(Int.self, forKey: Key("y")) == -number)
                }
                for (number, container) in containers.enumerated().reversed() {
                    #expect(try container.decode(Int.self, forKey: Key("x")) == number)
                    #expect(try container.decodeIfPresent(Int.self, forKey: Key("z")) == nil)
                }
            }
        }
        var parts: [String: Point] = [:]
        for number in 0..<200 { parts["\(number)"] = Point(x: number, y: -number) }
        _ = try decoded(try encoded(parts, .messagePack), .messagePack, as: Whole.self)
    }

    @Test("A container kept from an earlier content writes nothing into later ones")
    func keptEncoder() throws {
        final class Box: @unchecked Sendable {
            // One thread only; a class to carry things out of `encode(to:)`.
            var map: KeyedEncodingContainer<Key>?
        }
        struct Content: Encodable {
            let box: Box

            func encode(to encoder: any Encoder) throws {
                var map = encoder.container(keyedBy: Key.self)
                try map.encode(1, forKey: Key("a"))
                if var kept = box.map {
                    #expect(throws: EncodingError.self) { try kept.encode(2, forKey: Key("b")) }
                }
                box.map = map
                try map.encode(3, forKey: Key("c"))
            }
        }
        let content = Content(box: Box())
        for _ in 0..<3 {
            #expect(try encoded(content, .messagePack).hex == "82a16101a16303")
        }
        #expect(content.box.map != nil)
    }

    @Test("Coders of many threads at once, which come and go, do not disturb each other")
    func threads() async throws {
        let bytes = try encoded(Self.content, .messagePack)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<16 {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread {
                            for round in 0..<200 {
                                let point = Point(x: number, y: round)
                                let back = try? decoded(
                                    try encoded(["p": point, "q": point], .messagePack),
                                    .messagePack,
                                    as: [String: Point].self
                                )
                                #expect(back == ["p": point, "q": point])
                                #expect((try? decoded(bytes, .messagePack, as: Keeper.self)) != nil)
                            }
                            continuation.resume()
                        }.start()
                    }
                }
            }
        }
    }

    @Test("Structs with optional fields are read whether those are there, null, missing or of the wrong kind")
    func optionals() throws {
        struct Optionals: Codable, Equatable {
            var flag: Bool?
            var text: String?
            var number: Int?
            var small: UInt8?
            var double: Double?
            var float: Float?
            var point: Point?
            var list: [Int]?
        }
        let full = Optionals(
            flag: true,
            text: "t",
            number: 1,
            small: 2,
            double: 2.5,
            float: 0.5,
            point: Point(x: 1, y: 2),
            list: [3]
        )
        let names = ["flag", "text", "number", "small", "double", "float", "point", "list"]
        let bytes = try encoded(full, .messagePack)
        #expect(try decoded(bytes, .messagePack) == full)
        #expect(try decoded(try encoded([:] as [String: Int], .messagePack), .messagePack) == Optionals())
        var nulls: [(Value, Value)] = names.map { (.string($0), .null) }
        #expect(try decoded(try encoded(Value.map(Value.Map(nulls)), .messagePack), .messagePack) == Optionals())
        for index in names.indices {
            nulls[index].1 = .binary([1])
            let wrong = try encoded(Value.map(Value.Map(nulls)), .messagePack)
            #expect(throws: DecodingError.self) { try decoded(wrong, .messagePack, as: Optionals.self) }
            nulls[index].1 = .null
        }
    }
}

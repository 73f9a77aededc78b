import SecureChannel
import Testing

/// Containers that are filled in turns, late, twice, or not at all.
@Suite struct EncodingOrderTests {
    /// Encodes by a script, so that each test can show what it does.
    struct Scripted: Encodable {
        let script: @Sendable (any Encoder) throws -> Void

        func encode(to encoder: any Encoder) throws {
            try script(encoder)
        }
    }

    struct Key: CodingKey, ExpressibleByStringLiteral {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringLiteral value: String) { stringValue = value }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    struct Failure: Error {}

    struct Failing: Encodable {
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(1, forKey: "lost")
            var nested = container.nestedUnkeyedContainer(forKey: "nested")
            try nested.encode("lost too")
            throw Failure()
        }
    }

    static let scripts: [(Value, @Sendable (any Encoder) throws -> Void)] = [
        ([:], { _ in }),
        ([:], { _ = $0.container(keyedBy: Key.self) }),
        ([], { _ = $0.unkeyedContainer() }),
        (
            ["first": [1, 2, 3], "second": [10, 20], "between": "x"],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                var first = container.nestedUnkeyedContainer(forKey: "first")
                try first.encode(1)
                var second = container.nestedUnkeyedContainer(forKey: "second")
                try second.encode(10)
                try first.encode(2)
                try container.encode("x", forKey: "between")
                try second.encode(20)
                try first.encode(3)
            }
        ),
        (
            ["a": .array((0..<40).map { .integer($0) }), "b": .array((0..<40).map { .integer(-$0) })],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                var first = container.nestedUnkeyedContainer(forKey: "a")
                var second = container.nestedUnkeyedContainer(forKey: "b")
                for number in 0..<40 {
                    try first.encode(number)
                    try second.encode(-number)
                }
            }
        ),
        (
            [[["deep": [1, 2]], "after"], "end", ["late": ["x": [7]]]],
            { encoder in
                var outer = encoder.unkeyedContainer()
                var middle = outer.nestedUnkeyedContainer()
                var inner = middle.nestedContainer(keyedBy: Key.self)
                try outer.encode("end")
                var deepest = inner.nestedUnkeyedContainer(forKey: "deep")
                try deepest.encode(1)
                var last = outer.nestedContainer(keyedBy: Key.self)
                var late = last.nestedContainer(keyedBy: Key.self, forKey: "late")
                try middle.encode("after")
                try deepest.encode(2)
                try late.encode([7] as [Int8], forKey: "x")
            }
        ),
        (
            ["super": "single", "slot": [:], "named": ["k": true], "n": 1],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                let first = container.superEncoder()
                _ = container.superEncoder(forKey: "slot")
                let named = container.superEncoder(forKey: "named")
                try container.encode(1, forKey: "n")
                var single = first.singleValueContainer()
                try single.encode("single")
                var keyed = named.container(keyedBy: Key.self)
                try keyed.encode(true, forKey: "k")
            }
        ),
        (
            [[:], ["late": [1]], 5, ["x"]],
            { encoder in
                var container = encoder.unkeyedContainer()
                _ = container.superEncoder()
                let second = container.superEncoder()
                let third = container.superEncoder()
                var fourth = container.superEncoder().unkeyedContainer()
                var single = third.singleValueContainer()
                try single.encode(5 as Int?)
                var keyed = second.container(keyedBy: Key.self)
                try fourth.encode(["x"].first)
                try keyed.encode([1] as Set<Int>, forKey: "late")
            }
        ),
        (
            ["kept": 1, "replaced": "fallback", "list": [1, 2]],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(1, forKey: "kept")
                do { try container.encode(Failing(), forKey: "lost") } catch is Failure {}
                try container.encode("fallback", forKey: "replaced")
                var list = container.nestedUnkeyedContainer(forKey: "list")
                try list.encode(1)
                do { try list.encode(Failing()) } catch is Failure {}
                try list.encode(2)
            }
        ),
        (
            ["early": [1, 2], "other": true],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                var early = container.nestedUnkeyedContainer(forKey: "early")
                try early.encode(1)
                try container.encode(true, forKey: "other")
                do { try early.encode(Failing()) } catch is Failure {}
                try early.encode(2)
            }
        ),
        (
            "fallback",
            { encoder in
                var container = encoder.singleValueContainer()
                do { try container.encode(Failing()) } catch is Failure {}
                try container.encode("fallback")
            }
        ),
        (
            ["a": 1, "b": 2],
            { encoder in
                var first = encoder.container(keyedBy: Key.self)
                try first.encode(1, forKey: "a")
                var same = encoder.container(keyedBy: Key.self)
                try same.encode(2, forKey: "b")
            }
        ),
    ]

    @Test("Every element ends up where it belongs", arguments: scripts.indices)
    func order(index: Int) throws {
        let (expected, script) = Self.scripts[index]
        #expect(try decoded(encoded(Scripted(script: script), .messagePack), .messagePack) == expected)
        #expect(try decoded(encoded([Scripted(script: script)], .messagePack), .messagePack) == .array([expected]))
        #expect(try decoded(encoded(Scripted(script: script), .json), .json) == expected)
        #expect(try Value(encoding: Scripted(script: script)) == expected)
    }

    /// Does the same random things with containers of both encoders: one streams, one builds a tree.
    @Test("Random orders give the same from the stream as from the tree", arguments: 0..<300)
    func randomOrders(seed: Int) throws {
        let content = Scripted { encoder in
            var generator = SeededGenerator(seed: UInt64(seed))
            var unkeyed = [encoder.unkeyedContainer()]
            var keyed: [KeyedEncodingContainer<Key>] = []
            for step in 0..<Int.random(in: 1...120, using: &generator) {
                // Now and then one of those before; never of a map for an array.
                let number = Int.random(in: 0..<4, using: &generator) == 0 ? step / 2 : step
                let kind = Int.random(in: 0..<2, using: &generator) == 0 ? "map" : "array"
                let key = Key(stringLiteral: "\(kind) \(number)")
                let array = Int.random(in: 0..<unkeyed.count, using: &generator)
                let map = keyed.isEmpty ? nil : Int.random(in: 0..<keyed.count, using: &generator)
                switch (Int.random(in: 0..<9, using: &generator), map) {
                case (0, _): unkeyed.append(unkeyed[array].nestedUnkeyedContainer())
                case (1, _): keyed.append(unkeyed[array].nestedContainer(keyedBy: Key.self))
                case (2, _): unkeyed.append(unkeyed[array].superEncoder().unkeyedContainer())
                case (3, let map?):
                    keyed.append(
                        keyed[map].nestedContainer(keyedBy: Key.self, forKey: Key(stringLiteral: "map \(number)"))
                    )
                case (4, let map?):
                    unkeyed.append(
                        keyed[map].superEncoder(forKey: Key(stringLiteral: "array \(number)")).unkeyedContainer()
                    )
                case (5, let map?): try keyed[map].encode([step: "value"], forKey: key)
                case (6, let map?): try keyed[map].encode(step, forKey: key)
                case (7, _): try unkeyed[array].encode(Array(repeating: step, count: step))
                default: try unkeyed[array].encode(step)
                }
            }
        }
        #expect(try encoded(content, .messagePack) == encoded(Value(encoding: content), .messagePack))
    }

    @Test("Classes encode their superclass's part under a key, or among their own")
    func inheritance() throws {
        let dog: Dog = try decoded(encoded(Dog(name: "Rex", breed: "Collie"), .messagePack), .messagePack)
        #expect((dog.name, dog.breed) == ("Rex", "Collie"))
        let dogValue: Value = try decoded(encoded(Dog(name: "Rex", breed: "Collie"), .messagePack), .messagePack)
        #expect(dogValue == ["super": ["name": "Rex"], "breed": "Collie"])
        let cat: Cat = try decoded(encoded(Cat(name: "Tom", lives: 9), .messagePack), .messagePack)
        #expect((cat.name, cat.lives) == ("Tom", 9))
        let jsonDog: Dog = try decoded(encoded(Dog(name: "Rex", breed: "Collie"), .json), .json)
        #expect((jsonDog.name, jsonDog.breed) == ("Rex", "Collie"))
    }

    static let misuses: [@Sendable (any Encoder) throws -> Void] = [
        { encoder in
            var container = encoder.singleValueContainer()
            try container.encode(1)
            try container.encode(2)
        },
        { encoder in
            _ = encoder.container(keyedBy: Key.self)
            _ = encoder.unkeyedContainer()
        },
        { encoder in
            var list = encoder.unkeyedContainer()
            try list.encode(1)
            var container = encoder.singleValueContainer()
            try container.encode(2)
        },
    ]

    @Test("Types that break Codable's rules fail to encode, and do no harm", arguments: misuses.indices)
    func misuse(index: Int) {
        #expect(throws: EncodingError.self) { try encoded(Scripted(script: Self.misuses[index]), .messagePack) }
        #expect(throws: EncodingError.self) { try encoded([Scripted(script: Self.misuses[index])], .messagePack) }
        #expect(throws: EncodingError.self) { try encoded(Scripted(script: Self.misuses[index]), .json) }
    }

    @Test("A container kept beyond its call writes nothing and throws")
    func escapedEncoder() throws {
        final class Box: @unchecked Sendable {
            // One thread only; a class to carry things out of the closure.
            var encoder: (any Encoder)?
            var list: (any UnkeyedEncodingContainer)?
        }
        let box = Box()
        let content = Scripted { encoder in
            box.encoder = encoder
            box.list = encoder.unkeyedContainer()
            try box.list?.encode(1)
        }
        #expect(try encoded(content, .messagePack).hex == "9101")
        #expect(throws: EncodingError.self) { try box.list?.encode(2) }
        #expect(throws: EncodingError.self) { try box.list?.encode(Point(x: 1, y: 2)) }
        var late = box.encoder?.unkeyedContainer()
        #expect(throws: EncodingError.self) { try late?.encode("x") }
        var nested = box.list?.nestedUnkeyedContainer()
        #expect(throws: EncodingError.self) { try nested?.encode(3) }

        // The same when the call ended with an error.
        let failing = Scripted { encoder in
            box.encoder = encoder
            box.list = encoder.unkeyedContainer()
            throw Failure()
        }
        #expect(throws: Failure.self) { try encoded(failing, .messagePack) }
        #expect(throws: EncodingError.self) { try box.list?.encode(2) }
        late = box.encoder?.unkeyedContainer()
        #expect(throws: EncodingError.self) { try late?.encode(Point(x: 1, y: 2)) }
    }

    @Test("What failed to encode leaves nothing behind", arguments: [0, 300])
    func failure(reserved: Int) throws {
        var writer = MessageWriter(reservedCapacity: reserved)
        MessagePackCodec().encode(MessageHead(kind: .request, id: 1), into: &writer)
        let head = writer.bytes
        let long = String(repeating: "x", count: 10_000)
        #expect(throws: Failure.self) {
            try MessagePackCodec().encode(
                Scripted { encoder in
                    var list = encoder.unkeyedContainer()
                    try list.encode(long)
                    throw Failure()
                },
                into: &writer
            )
        }
        #expect(writer.bytes == head)
        try MessagePackCodec().encode([long], into: &writer)
        #expect(writer.bytes.dropFirst(head.count).count == 1 + 3 + 10_000)
    }
}

import Foundation
import SecureChannel
import Testing

/// Types whose `encode(to:)` writes a key twice, or fills containers in turns without end.
@Suite("Keys and containers that are come back to")
struct WrittenKeyTests {
    private typealias Key = EncodingOrderTests.Key
    private typealias Scripted = EncodingOrderTests.Scripted

    static let scripts: [(Value, @Sendable (any Encoder) throws -> Void)] = [
        (
            ["a": 3, "b": 2],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                try container.encode(1, forKey: "a")
                try container.encode(2, forKey: "b")
                try container.encode(3, forKey: "a")
            }
        ),
        (
            ["a": ["x": 1, "y": 2], "b": true],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                var first = container.nestedContainer(keyedBy: Key.self, forKey: "a")
                try first.encode(1, forKey: "x")
                try container.encode(true, forKey: "b")
                var second = container.nestedContainer(keyedBy: Key.self, forKey: "a")
                try second.encode(2, forKey: "y")
            }
        ),
        (
            ["a": [1, 2, 3]],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                var first = container.nestedUnkeyedContainer(forKey: "a")
                try first.encode(1)
                var second = container.nestedUnkeyedContainer(forKey: "a")
                try second.encode(2)
                try first.encode(3)
            }
        ),
        (
            ["outer": ["a": [9], "b": 2], "a": "last"],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                var outer = container.nestedContainer(keyedBy: Key.self, forKey: "outer")
                try outer.encode("first", forKey: "a")
                try container.encode([1, 2], forKey: "a")
                try outer.encode(2, forKey: "b")
                try outer.encode([9], forKey: "a")
                try container.encode("last", forKey: "a")
            }
        ),
        (
            ["super": [2]],
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                _ = container.superEncoder()
                var second = container.superEncoder().unkeyedContainer()
                try second.encode(2)
            }
        ),
        (
            .map(Value.Map((0..<200).map { (.string("key \($0)"), .integer(Int64($0 + 200))) })),
            { encoder in
                var container = encoder.container(keyedBy: Key.self)
                for number in 0..<400 {
                    try container.encode(number, forKey: Key(stringLiteral: "key \(number % 200)"))
                }
            }
        ),
    ]

    @Test(
        "A key that is written twice has the last value, and a container that is asked for twice is one",
        arguments: scripts.indices
    )
    func writtenTwice(index: Int) throws {
        let (expected, script) = Self.scripts[index]
        let (alone, within) = (Scripted(script: script), [Scripted(script: script), Scripted(script: script)])
        #expect(try encoded(alone, .messagePack) == encoded(expected, .messagePack))
        #expect(try decoded(encoded(within, .messagePack), .messagePack) == [expected, expected] as Value)
        #expect(try encoded(alone, .json) == encoded(expected, .json))
        #expect(try encoded(within, .json) == encoded([expected, expected], .json))
        #expect(try encoded(Value(encoding: alone), .messagePack) == encoded(expected, .messagePack))
    }

    @Test("Many keys that are written twice are no work for minutes", .timeLimit(.minutes(1)))
    func manyKeys() throws {
        let size = 20_000
        let content = Scripted { encoder in
            var container = encoder.container(keyedBy: Key.self)
            for number in 0..<2 * size {
                try container.encode(number, forKey: Key(stringLiteral: "key \(number % size)"))
            }
        }
        // Searching one by one would compare 10^9 keys.
        for value in [try Value(encoding: content), try decoded(encoded(content, .json), .json)] as [Value] {
            #expect(value.map?.count == size)
            #expect(value.map?.last?.value == .integer(Int64(2 * size - 1)))
        }
    }

    @Test("Two containers that are filled in turns take as long as one after the other")
    func turns() throws {
        struct Rows: Encodable {
            let count: Int

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Key.self)
                var left = container.nestedUnkeyedContainer(forKey: "left")
                var right = container.nestedUnkeyedContainer(forKey: "right")
                for row in 0..<count {
                    try left.encode(row)
                    var nested = right.nestedContainer(keyedBy: Key.self)
                    try nested.encode(row, forKey: "row")
                }
            }
        }
        // Moving each to its place would be 10^10 bytes for so many.
        let before = threadTime()
        let bytes = try encoded(Rows(count: 100_000), .messagePack)
        #expect(threadTime() - before < .seconds(4))
        let value: Value = try decoded(bytes, .messagePack)
        #expect(value["left"]?.array?.count == 100_000)
        #expect(value["right"]?.array?.last == ["row": 99_999] as Value)
    }

    /// The processor time of this thread: a busy machine makes it no longer.
    private func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

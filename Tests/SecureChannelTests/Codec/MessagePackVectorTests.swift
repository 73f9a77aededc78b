import SecureChannel
import Testing

/// Values and the bytes that Python's msgpack 1.2.4 writes for them (`packb`), and other bytes that the specification allows.
@Suite struct MessagePackVectorTests {
    static let vectors: [(Value, String)] = [
        (.null, "c0"),
        (.bool(true), "c3"),
        (.bool(false), "c2"),
        (.integer(0), "00"),
        (.integer(1), "01"),
        (.integer(127), "7f"),
        (.integer(128), "cc80"),
        (.integer(255), "ccff"),
        (.integer(256), "cd0100"),
        (.integer(65535), "cdffff"),
        (.integer(65536), "ce00010000"),
        (.integer(4294967295), "ceffffffff"),
        (.integer(4294967296), "cf0000000100000000"),
        (.integer(9223372036854775807), "cf7fffffffffffffff"),
        (.unsigned(9223372036854775808), "cf8000000000000000"),
        (.unsigned(18446744073709551615), "cfffffffffffffffff"),
        (.integer(-1), "ff"),
        (.integer(-32), "e0"),
        (.integer(-33), "d0df"),
        (.integer(-128), "d080"),
        (.integer(-129), "d1ff7f"),
        (.integer(-32768), "d18000"),
        (.integer(-32769), "d2ffff7fff"),
        (.integer(-2147483648), "d280000000"),
        (.integer(-2147483649), "d3ffffffff7fffffff"),
        (.integer(-9223372036854775808), "d38000000000000000"),
        (.double(0.0), "cb0000000000000000"),
        (.double(-0.0), "cb8000000000000000"),
        (.double(1.5), "cb3ff8000000000000"),
        (.double(3.141592653589793), "cb400921fb54442d18"),
        (.double(1e+300), "cb7e37e43c8800759c"),
        (.double(.leastNonzeroMagnitude), "cb0000000000000001"),
        (.string(""), "a0"),
        (.string("a"), "a161"),
        (
            .string("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
            "bf78787878787878787878787878787878787878787878787878787878787878"
        ),
        (.string("höß"), "a568c3b6c39f"),
        (.string("日本語"), "a9e697a5e69cace8aa9e"),
        (.string("🙂"), "a4f09f9982"),
        (.binary([]), "c400"),
        (.binary([0, 255]), "c40200ff"),
        (.array([]), "90"),
        (.array([.integer(1), .integer(2), .integer(3)]), "93010203"),
        (
            .array([
                .integer(0), .integer(1), .integer(2), .integer(3), .integer(4), .integer(5), .integer(6), .integer(7),
                .integer(8), .integer(9), .integer(10), .integer(11), .integer(12), .integer(13), .integer(14),
            ]), "9f000102030405060708090a0b0c0d0e"
        ),
        (
            .array([
                .integer(0), .integer(1), .integer(2), .integer(3), .integer(4), .integer(5), .integer(6), .integer(7),
                .integer(8), .integer(9), .integer(10), .integer(11), .integer(12), .integer(13), .integer(14),
                .integer(15),
            ]), "dc0010000102030405060708090a0b0c0d0e0f"
        ),
        (.map([:]), "80"),
        (.map([.string("a"): .integer(1), .string("b"): .array([.null, .bool(true)])]), "82a16101a16292c0c3"),
        (.map([.integer(1): .string("one"), .integer(-5): .string("x")]), "8201a36f6e65fba178"),
        (
            .map([.null: .integer(1), .bool(true): .integer(2), .double(1.5): .integer(3)]),
            "83c001c302cb3ff800000000000003"
        ),
        (.extension(type: 5, bytes: [1]), "d40501"),
        (.extension(type: 5, bytes: [97, 98]), "d5056162"),
        (.extension(type: 2, bytes: [97, 98, 99, 100]), "d60261626364"),
        (.extension(type: 127, bytes: [97, 98, 99, 100, 101, 102, 103, 104]), "d77f6162636465666768"),
        (
            .extension(type: 0, bytes: [97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112]),
            "d8006162636465666768696a6b6c6d6e6f70"
        ),
        (.extension(type: 5, bytes: []), "c70005"),
        (.extension(type: 5, bytes: [97, 98, 99]), "c70305616263"),
        (.timestamp(seconds: 0, nanoseconds: 0), "d6ff00000000"),
        (.timestamp(seconds: 1700000000, nanoseconds: 0), "d6ff6553f100"),
        (.timestamp(seconds: 4294967295, nanoseconds: 0), "d6ffffffffff"),
        (.timestamp(seconds: 4294967296, nanoseconds: 0), "d7ff0000000100000000"),
        (.timestamp(seconds: 1700000000, nanoseconds: 1), "d7ff000000046553f100"),
        (.timestamp(seconds: 17179869183, nanoseconds: 999999999), "d7ffee6b27ffffffffff"),
        (.timestamp(seconds: 17179869184, nanoseconds: 0), "c70cff000000000000000400000000"),
        (.timestamp(seconds: -1, nanoseconds: 0), "c70cff00000000ffffffffffffffff"),
        (.timestamp(seconds: -9223372036854775808, nanoseconds: 999999999), "c70cff3b9ac9ff8000000000000000"),
    ]

    @Test("A value is written byte for byte as Python writes it", arguments: vectors)
    func writing(value: Value, hex: String) throws {
        #expect(try encoded(value, .messagePack).hex == hex)
    }

    @Test("What Python wrote is read as the value that it was", arguments: vectors)
    func reading(value: Value, hex: String) throws {
        #expect(try decoded(Array(hex: hex), .messagePack) == value)
    }

    @Test(
        "A value inside a Codable type is written and read the same",
        arguments: vectors
    )
    func valuesInside(value: Value, hex: String) throws {
        let bytes = try encoded([value], .messagePack)
        #expect(bytes.hex == "91" + hex)
        #expect(try decoded(bytes, .messagePack, as: [Value].self) == [value])
        #expect(try Value(encoding: [value]) == .array([value]))
        #expect(try Value.array([value]).decoded(as: [Value].self) == [value])
    }

    static let integers: [(Value, [String])] = [
        (
            1,
            [
                "01", "cc01", "cd0001", "ce00000001", "cf0000000000000001", "d001", "d10001", "d200000001",
                "d30000000000000001",
            ]
        ),
        (-1, ["ff", "d0ff", "d1ffff", "d2ffffffff", "d3ffffffffffffffff"]),
    ]

    @Test("An integer is read from every width", arguments: integers)
    func integerWidths(value: Value, encodings: [String]) throws {
        for hex in encodings {
            #expect(try decoded(Array(hex: hex), .messagePack) == value)
            #expect(try decoded(Array(hex: hex), .messagePack, as: Int8.self) == value.integer.map(Int8.init))
            #expect(try decoded(Array(hex: hex), .messagePack, as: Int64.self) == value.integer.map(Int64.init))
        }
    }

    static let lengths: [(Value, [String])] = [
        ("a", ["a161", "d90161", "da000161", "db0000000161"]),
        (.binary([7]), ["c40107", "c5000107", "c60000000107"]),
        ([7], ["9107", "dc000107", "dd0000000107"]),
        (["a": 7], ["81a16107", "de0001a16107", "df00000001a16107"]),
        (.extension(type: 5, bytes: [7]), ["d40507", "c7010507", "c800010507", "c9000000010507"]),
        (
            .timestamp(seconds: 1, nanoseconds: 0),
            ["d6ff00000001", "d7ff0000000000000001", "c70cff000000000000000000000001"]
        ),
        (.double(1.5), ["ca3fc00000", "cb3ff8000000000000"]),
    ]

    @Test("A value is read from every width of its length", arguments: lengths)
    func lengthWidths(value: Value, encodings: [String]) throws {
        for hex in encodings { #expect(try decoded(Array(hex: hex), .messagePack) == value) }
    }

    static let boundaries: [(count: Int, string: String, binary: String, array: String, map: String)] = [
        (31, "bf", "c41f", "dc001f", "de001f"),
        (32, "d920", "c420", "dc0020", "de0020"),
        (255, "d9ff", "c4ff", "dc00ff", "de00ff"),
        (256, "da0100", "c50100", "dc0100", "de0100"),
        (65535, "daffff", "c5ffff", "dcffff", "deffff"),
        (65536, "db00010000", "c600010000", "dd00010000", "df00010000"),
    ]

    @Test("Lengths change their width where the specification says", arguments: boundaries)
    func lengthBoundaries(count: Int, string: String, binary: String, array: String, map: String) throws {
        let text = String(repeating: "x", count: count)
        let bytes = [UInt8](repeating: 7, count: count)
        let elements = [Int8](repeating: 1, count: count)  // Int8, so that the array's own encode(to:) is used.
        let entries = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, true) })
        for (content, header) in [(text, string), (bytes, binary), (elements, array), (entries, map)]
            as [(any Codable & Equatable & Sendable, String)]
        {
            try check(content, header)
        }
        func check<Content: Codable & Equatable>(_ content: Content, _ header: String) throws {
            let bytes = try encoded(content, .messagePack)
            #expect(bytes.prefix(header.count / 2).map { $0 } == Array(hex: header))
            #expect(try decoded(bytes, .messagePack) == content)
        }
    }

    @Test("A float is written as 32 bits and read from 64, a double the reverse")
    func floats() throws {
        #expect(try encoded(Float(1.5), .messagePack).hex == "ca3fc00000")
        #expect(try encoded(1.5, .messagePack).hex == "cb3ff8000000000000")
        #expect(try decoded(Array(hex: "cb3fb999999999999a"), .messagePack, as: Float.self) == 0.1)
        #expect(try decoded(Array(hex: "ca3fc00000"), .messagePack, as: Double.self) == 1.5)
        #expect(try decoded(Array(hex: "07"), .messagePack, as: Double.self) == 7)
        #expect(try decoded(encoded(Int.max, .messagePack), .messagePack, as: Double.self) == 0x1p63)
        #expect(throws: DecodingError.self) { try decoded(encoded(1e300, .messagePack), .messagePack, as: Float.self) }
        #expect(try decoded(encoded(Double.infinity, .messagePack), .messagePack, as: Float.self) == .infinity)
    }
}

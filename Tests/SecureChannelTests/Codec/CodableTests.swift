import Foundation
import SecureChannel
import Testing

/// Types that use `Codable` in every way it can be used, through both codecs and through ``Value``.
@Suite struct CodableTests {
    static let contents: [any Codable & Equatable & Sendable] = [
        Report.example,
        [Report.example, Report.example],
        ["a": Report.example],
        Shape.circle(radius: 1.5),
        [Shape.empty, .circle(radius: 2), .polygon([Point(x: 1, y: 2), Point(x: 3, y: 4)])],
        Tree(
            value: 1,
            children: [Tree(value: 2, children: []), Tree(value: 3, children: [Tree(value: 4, children: [])])]
        ),
        [1: "one", -2: "minus two", 300: "three hundred"],
        ["1": "one", "01": "padded", "-5": "minus"],
        [Point(x: 1, y: 2): "key"],
        [Int?.some(1), nil, 3],
        ["a": Int?.none, "b": 2],
        Optional<String>.none,
        Set(["a", "b"]),
        UUID(uuidString: "12345678-1234-1234-1234-123456789ABC"),
        URL(string: "https://example.org/a?b=c"),
        Decimal(string: "12345.678901234567890"),
        Data([1, 2, 255]),
        [UInt8]([1, 2, 255]),
        [Data([1]), Data()],
        Date(timeIntervalSinceReferenceDate: 700_000_000.123456),
        Date.distantPast,
        Date(timeIntervalSince1970: -0.5),
        [Date(timeIntervalSince1970: 0)],
        "text",
        true,
        1.5,
        Float(0.1),
        UInt64.max,
        Int64.min,
        [Int8.min, Int8.max],
        [UInt16.max],
        [Float(1.5)],
        0..<5,
        Matrix(rows: [[1, 2], [], Array(repeating: 3, count: 20)]),
        Forwarded(headers: ["1": "a", "b": "c"]),
        Priority.high,
        ["low": Priority.low],
        IntegerKeyed(first: 1, second: "b"),
    ]

    @Test("MessagePack gives back what it was given", arguments: contents.indices)
    func messagePack(index: Int) throws {
        try check(Self.contents[index])
        func check<Content: Codable & Equatable>(_ content: Content) throws {
            let bytes = try encoded(content, .messagePack)
            #expect(try decoded(bytes, .messagePack) == content)
            // Both ways to a Value have to agree: through bytes and straight.
            #expect(try Value(encoding: content) == decoded(bytes, .messagePack, as: Value.self))
            #expect(try Value(encoding: content).decoded() == content)
            // And in a container, where values take another way than at the top.
            #expect(try decoded(encoded(["k": content], .messagePack), .messagePack) == ["k": content])
        }
    }

    @Test("JSON gives back what it was given", arguments: contents.indices)
    func json(index: Int) throws {
        try check(Self.contents[index])
        func check<Content: Codable & Equatable>(_ content: Content) throws {
            let back: Content = try decoded(encoded(content, .json), .json)
            if let date = content as? Date, let back = back as? Date {
                #expect(date.timeIntervalSince1970 == back.timeIntervalSince1970)
            } else {
                #expect(back == content)
            }
        }
    }

    @Test("A value goes through JSONEncoder and JSONDecoder")
    func foreignEncoder() throws {
        let value: Value = ["a": [1, 2.5, .null, true, "x"], "b": ["c": .unsigned(.max), "d": [:]], "e": -5]
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(Value.self, from: data) == value)
        #expect(try JSONEncoder().encode(Value.binary([1, 2])) == Data(#""AQI=""#.utf8))
        #expect(try JSONEncoder().encode([[1]: 2] as Value) == Data("[[1],2]".utf8))
    }

    @Test("Keys of dictionaries are what they are: numerals in strings stay strings")
    func dictionaryKeys() throws {
        #expect(try encoded(["1": true], .messagePack).hex == "81a131c3")
        #expect(try encoded([1: true], .messagePack).hex == "8101c3")
        #expect(try encoded(Forwarded(headers: ["1": "a"]), .messagePack).hex == "81a131a161")
        #expect(try encoded(IntegerKeyed(first: 1, second: "b"), .messagePack).hex == "82010102a162")
        #expect(try decoded(Array(hex: "8101c3"), .messagePack) == ["1": true])
        #expect(try decoded(Array(hex: "81a131c3"), .messagePack) == [1: true])
        #expect(
            try decoded(Array(hex: "82a5666972737401a67365636f6e64a162"), .messagePack)
                == IntegerKeyed(first: 1, second: "b")
        )
    }

    @Test("Binary is read from bin, from str and from an array of integers")
    func binary() throws {
        for hex in ["c4020107", "a20107", "920107"] {
            #expect(try decoded(Array(hex: hex), .messagePack) == Data([1, 7]))
            #expect(try decoded(Array(hex: hex), .messagePack) == [1, 7] as [UInt8])
        }
        #expect(throws: DecodingError.self) { try decoded(Array(hex: "92cd010001"), .messagePack, as: Data.self) }
        #expect(try decoded(Array("[1, 7]".utf8), .json) == Data([1, 7]))
        #expect(throws: DecodingError.self) { try decoded(Array("\"%%\"".utf8), .json, as: Data.self) }
    }

    @Test("A date is written as the shortest timestamp, and read from seconds too")
    func dates() throws {
        #expect(try encoded(Date(timeIntervalSince1970: 1), .messagePack).hex == "d6ff00000001")
        #expect(try encoded(Date(timeIntervalSince1970: 1.5), .messagePack).hex == "d7ff7735940000000001")
        #expect(try encoded(Date(timeIntervalSince1970: -1), .messagePack).hex == "c70cff00000000ffffffffffffffff")
        #expect(try decoded(encoded(1.5, .messagePack), .messagePack) == Date(timeIntervalSince1970: 1.5))
        #expect(try decoded(encoded(7, .messagePack), .messagePack) == Date(timeIntervalSince1970: 7))
        #expect(try encoded(Date(timeIntervalSince1970: 1.5), .json) == Array("1.5".utf8))
        for interval in [Double.nan, .infinity, -.infinity] {
            // Printing such a date would trap.
            #expect(throws: DecodingError.self) {
                try decoded(encoded(interval, .messagePack), .messagePack, as: Date.self)
            }
            #expect(throws: DecodingError.self) {
                try decoded(encoded(interval, JSONCodec(allowsNonFinite: true)), .json, as: Date.self)
            }
        }
        for interval in [Double.nan, .infinity, 1e300] {
            let date = Date(timeIntervalSince1970: interval)
            #expect(throws: EncodingError.self) { try encoded(date, .messagePack) }
            #expect(throws: EncodingError.self) { try encoded([date], .messagePack) }
        }
    }

    @Test("Errors say where in the content they are", arguments: [true, false])
    func codingPaths(isJSON: Bool) throws {
        let value: Value = ["items": [["x": 1, "y": 2], ["x": 1, "y": "two"]]]
        let bytes = isJSON ? try encoded(value, .json) : try encoded(value, .messagePack)
        let error = #expect(throws: DecodingError.self) {
            let type = [String: [Point]].self
            _ = isJSON ? try decoded(bytes, .json, as: type) : try decoded(bytes, .messagePack, as: type)
        }
        guard case .typeMismatch(_, let context) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(context.codingPath.map(\.stringValue) == ["items", "Index 1", "y"])
    }

    @Test("A key that a peer chose is escaped and cut in errors", arguments: [true, false])
    func hostileKeys(isJSON: Bool) throws {
        let value: Value = .map(
            Value.Map([(.string("\u{1b}[31m" + String(repeating: "x", count: 100_000)), "no number")])
        )
        let bytes = isJSON ? try encoded(value, .json) : try encoded(value, .messagePack)
        let error = #expect(throws: DecodingError.self) {
            let type = [String: Int].self
            _ = isJSON ? try decoded(bytes, .json, as: type) : try decoded(bytes, .messagePack, as: type)
        }
        let text = String(describing: error)
        #expect(text.count < 500)
        #expect(!text.contains("\u{1b}"))
    }

    @Test("A codec's user info reaches the types that it encodes and decodes")
    func userInfo() throws {
        struct Curious: Codable, Equatable {
            static let key = CodingUserInfoKey(rawValue: "answer")
            var seen: [Int?] = []

            init() {}

            init(from decoder: any Decoder) throws {
                seen = try [Int?](from: decoder) + [Self.key.flatMap { decoder.userInfo[$0] as? Int }]
            }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.unkeyedContainer()
                try container.encode(Self.key.flatMap { encoder.userInfo[$0] as? Int })
            }
        }
        var messagePack = MessagePackCodec()
        var json = JSONCodec()
        if let key = Curious.key {
            messagePack.userInfo = [key: 42]
            json.userInfo = [key: 42]
        }
        #expect(try decoded(encoded(Curious(), messagePack), messagePack, as: Curious.self).seen == [42, 42])
        #expect(try decoded(encoded([Curious()], json), json, as: [Curious].self).first?.seen == [42, 42])
    }

    @Test("A missing key, a nil and an end are told apart")
    func missing() throws {
        let missing = #expect(throws: DecodingError.self) {
            try decoded(Array(hex: "81a17801"), .messagePack, as: Point.self)
        }
        guard case .keyNotFound(let key, _) = missing else {
            Issue.record("not keyNotFound")
            return
        }
        #expect(key.stringValue == "y")
        let null = #expect(throws: DecodingError.self) {
            try decoded(Array(hex: "82a17801a179c0"), .messagePack, as: Point.self)
        }
        guard case .valueNotFound = null else {
            Issue.record("not valueNotFound")
            return
        }
    }
}

import SecureChannel
import Testing

/// Values and the text that Python's `json.dumps` writes for them.
@Suite struct JSONVectorTests {
    static let vectors: [(Value, String)] = [
        (.null, #"null"#),
        (.bool(true), #"true"#),
        (.bool(false), #"false"#),
        (.integer(0), #"0"#),
        (.integer(-1), #"-1"#),
        (.integer(9223372036854775807), #"9223372036854775807"#),
        (.unsigned(18446744073709551615), #"18446744073709551615"#),
        (.integer(-9223372036854775808), #"-9223372036854775808"#),
        (.double(1.0), #"1.0"#),
        (.double(-0.0), #"-0.0"#),
        (.double(0.1), #"0.1"#),
        (.double(1e+16), #"1e+16"#),
        (.double(1000000000000000.0), #"1000000000000000.0"#),
        (.double(1.2345678901234568e+17), #"1.2345678901234568e+17"#),
        (.double(9007199254740992.0), #"9007199254740992.0"#),
        (.double(1e-05), #"1e-05"#),
        (.double(0.0001), #"0.0001"#),
        (.double(0.00012345), #"0.00012345"#),
        (.double(1e+22), #"1e+22"#),
        (.double(1e+100), #"1e+100"#),
        (.double(.leastNonzeroMagnitude), #"5e-324"#),
        (.double(1.7976931348623157e+308), #"1.7976931348623157e+308"#),
        (.double(1.2e+16), #"1.2e+16"#),
        (.double(9999999999999998.0), #"9999999999999998.0"#),
        (.double(1e+21), #"1e+21"#),
        (.double(2.5e-07), #"2.5e-07"#),
        (.double(100.0), #"100.0"#),
        (.double(0.3333333333333333), #"0.3333333333333333"#),
        (.string(""), #""""#),
        (.string("a\u{22}b\u{5c}c/d"), #""a\"b\\c/d""#),
        (.string("\u{8}\u{c}\u{a}\u{d}\u{9}\u{0}\u{1f}\u{7f}"), #""\b\f\n\r\t\u0000\u001f\u007f""#),
        (.string("\u{e9}"), #""\u00e9""#),
        (.string("\u{65e5}\u{672c}"), #""\u65e5\u672c""#),
        (.string("\u{1f642}"), #""\ud83d\ude42""#),
        (.string("\u{2028}"), #""\u2028""#),
        (.array([]), #"[]"#),
        (.map([:]), #"{}"#),
        (
            .array([.integer(1), .double(2.5), .string("x"), .null, .array([.bool(true)])]),
            #"[1, 2.5, "x", null, [true]]"#
        ),
        (
            .map([.string("a"): .integer(1), .string("b"): .map([.string("c"): .array([])])]),
            #"{"a": 1, "b": {"c": []}}"#
        ),
    ]

    @Test("A value is written byte for byte as Python writes it", arguments: vectors)
    func writing(value: Value, text: String) throws {
        #expect(String(decoding: try encoded(value, .json), as: UTF8.self) == text)
        #expect(value.json() == text)
        #expect(String(decoding: try encoded([value], .json), as: UTF8.self) == "[\(text)]")
    }

    @Test("What Python wrote is read as the value that it was", arguments: vectors)
    func reading(value: Value, text: String) throws {
        #expect(try decoded(Array(text.utf8), .json) == value)
        #expect(try Value(json: " \t\r\n\(text) ") == value)
    }

    static let readable: [(String, Value)] = [
        ("NaN", .string("nan")),
        ("Infinity", .double(.infinity)),
        ("-Infinity", .double(-.infinity)),
        ("1e400", .double(.infinity)),
        ("1E+2", .double(100)),
        ("-0", .integer(0)),
        ("18446744073709551616", .number("18446744073709551616")),
        ("-9223372036854775809", .number("-9223372036854775809")),
        ("123456789012345678901234567890", .number("123456789012345678901234567890")),
        ("[ 1 ,\n2\t]", [1, 2]),
        (#"{"a":1,"a":2}"#, ["a": 2]),
        (#"{"a":1,"b":0,"a":2}"#, ["a": 2, "b": 0]),
        (#""\/\u00e9\ud83d\ude42\uD83D\uDE42""#, "/é🙂🙂"),
        ("\"é🙂\u{7f}\"", "é🙂\u{7f}"),
    ]

    @Test("What json.loads takes is taken", arguments: readable)
    func lenience(text: String, value: Value) throws {
        let read = try Value(json: text)
        if case .double(let double) = read, double.isNaN {
            #expect(text == "NaN")
        } else {
            #expect(read == value)
        }
    }

    static let refused: [String] = [
        "", " ", "nul", "nulll", "True", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "[", "[1", "[1,", "[1,]",
        "[,]", "]", "[1 2]",
        "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{1:2}", "\"", "\"a", #""\"#, #""\x""#, #""\u12"#,
        #""\u12g4""#,
        "\"\n\"", "'a'", "1 2", "[1]]",
        #""\ud800""#, #""\udc00""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\ud800""#, "-Inf", "\u{feff}1",
        #""\u+123""#,
    ]

    @Test("Text that is not JSON, or that Swift cannot hold, is an error", arguments: refused)
    func refusal(text: String) {
        #expect(throws: DecodingError.self) { try Value(json: text) }
        guard !text.hasSuffix("]") else { return }
        #expect(throws: DecodingError.self) { try Value(json: "[\(text)") }
    }

    @Test("Strings that are not UTF-8 are an error")
    func invalidUTF8() {
        for bytes in [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]] as [[UInt8]] {
            #expect(throws: DecodingError.self) { try decoded([0x22] + bytes + [0x22], .json, as: Value.self) }
            #expect(throws: DecodingError.self) {
                try decoded([0x22, 0x5c, 0x6e] + bytes + [0x22], .json, as: Value.self)
            }
        }
    }

    @Test("Numbers that are not finite are written only if allowed")
    func nonFinite() throws {
        for (number, text) in [(Double.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity")] {
            #expect(throws: EncodingError.self) { try encoded([number], .json) }
            #expect(try encoded([number], JSONCodec(allowsNonFinite: true)) == Array("[\(text)]".utf8))
        }
    }

    @Test("Any double is read back as itself from what is written for it")
    func doubles() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            let double = Double(bitPattern: generator.next())
            guard double.isFinite else { continue }
            #expect(try decoded(encoded(double, .json), .json) == double)
        }
    }

    @Test("What JSON has no type for is written as the documentation says")
    func conversions() throws {
        #expect(Value.binary([1, 2, 255]).json() == #""AQL/""#)
        #expect(Value.timestamp(seconds: 1, nanoseconds: 500_000_000).json() == "1.5")
        #expect(Value.extension(type: 5, bytes: [1]).json() == #"{"type": 5, "data": "AQ=="}"#)
        #expect(
            ([1: "a", .null: 2, true: 3, 1.5: 4] as Value).json() == #"{"1": "a", "null": 2, "true": 3, "1.5": 4}"#
        )
        #expect(throws: EncodingError.self) { try encoded(Value.extension(type: 5, bytes: []), .json) }
        #expect(throws: EncodingError.self) { try encoded([[1]: 1] as Value, .json) }
    }
}

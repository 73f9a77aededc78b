import Foundation
import SecureChannel
import Testing

/// Integers of more than 64 bits, and other numbers that a `Double` cannot hold.
@Suite("Numbers with more digits than 64 bits hold")
struct WideIntegerTests {
    static let integers: [Int128] = [
        0, 1, -1, 127, -32, 1 << 53 + 1, Int128(Int64.max), Int128(Int64.min), Int128(Int64.max) + 1,
        Int128(Int64.min) - 1, Int128(UInt64.max), Int128(UInt64.max) + 1, -Int128(UInt64.max),
        10_000_000_000_000_000_000_000,
        .max, .max - 1, .min, .min + 1,
    ]

    private struct Holder<Integer: Codable & Equatable>: Codable, Equatable {
        var one: Integer
        var none: Integer?
        var some: Integer?
        var list: [Integer]
        var named: [String: Integer]

        init(_ integer: Integer) {
            (one, none, some, list, named) = (integer, nil, integer, [integer, integer], ["key": integer])
        }
    }

    /// Uses the containers' own methods, which generic code does not.
    private struct Direct: Codable, Equatable {
        var signed: Int128
        var unsigned: UInt128

        init(_ signed: Int128, _ unsigned: UInt128) { (self.signed, self.unsigned) = (signed, unsigned) }

        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(signed)
            try list.encode(unsigned)
        }

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            signed = try list.decode(Int128.self)
            unsigned = try list.decode(UInt128.self)
        }
    }

    @Test("Int128 and UInt128 keep all their digits in JSON, in every container", arguments: integers)
    func json(integer: Int128) throws {
        let unsigned = UInt128(truncatingIfNeeded: integer)
        #expect(try encoded(integer, .json) == Array("\(integer)".utf8))
        #expect(try decoded(Array("\(integer)".utf8), .json, as: Int128.self) == integer)
        #expect(try decoded(Array("\(unsigned)".utf8), .json, as: UInt128.self) == unsigned)
        #expect(try decoded(encoded(Holder(integer), .json), .json) == Holder(integer))
        #expect(try decoded(encoded(Holder(unsigned), .json), .json) == Holder(unsigned))
        #expect(try decoded(encoded(Direct(integer, unsigned), .json), .json) == Direct(integer, unsigned))
        if integer < 0 {
            #expect(throws: DecodingError.self) { try decoded(encoded(integer, .json), .json, as: UInt128.self) }
        }
    }

    @Test("MessagePack takes them as far as 64 bits go, and else says so", arguments: integers)
    func messagePack(integer: Int128) throws {
        let unsigned = UInt128(truncatingIfNeeded: integer)
        if let value = Value(exactly: integer) {
            #expect(try encoded(integer, .messagePack) == encoded(value, .messagePack))
            #expect(try decoded(encoded(Holder(integer), .messagePack), .messagePack) == Holder(integer))
            #expect(try Value(encoding: Holder(integer)).decoded() == Holder(integer))
        } else {
            try expectTooWide(integer)
        }
        if let value = Value(exactly: unsigned) {
            #expect(try encoded(unsigned, .messagePack) == encoded(value, .messagePack))
            #expect(try decoded(encoded(Holder(unsigned), .messagePack), .messagePack) == Holder(unsigned))
            if integer >= 0 {
                let direct = Direct(integer, unsigned)
                #expect(try decoded(encoded(direct, .messagePack), .messagePack) == direct)
                #expect(try Value(encoding: direct).decoded() == direct)
            }
        } else {
            try expectTooWide(unsigned)
        }
    }

    private func expectTooWide<Integer: Codable & Equatable>(_ integer: Integer) throws {
        let attempts: [() throws -> Void] = [
            { _ = try encoded(integer, .messagePack) }, { _ = try encoded([integer], .messagePack) },
            { _ = try encoded(Holder(integer), .messagePack) }, { _ = try Value(encoding: ["k": integer]) },
        ]
        for attempt in attempts {
            let error = #expect(throws: EncodingError.self) { try attempt() }
            guard case .invalidValue(_, let context) = error else { continue }
            #expect(context.debugDescription == "MessagePack has integers of 64 bits only")
        }
    }

    @Test("What is larger than even 128 bits, or no integer, is no Int128")
    func tooLarge() {
        for text in [
            "170141183460469231731687303715884105728", "-170141183460469231731687303715884105729", "1.5", "1e300",
            "12345678901234567890.5", "1.2345678901234567891e5", "340282366920938463463374607431768211456000",
        ] {
            #expect(throws: DecodingError.self, "\(text)") { try decoded(Array(text.utf8), .json, as: Int128.self) }
        }
        #expect(throws: DecodingError.self) {
            try decoded(Array("340282366920938463463374607431768211456".utf8), .json, as: UInt128.self)
        }
    }

    @Test("Integers in another notation are exact too")
    func notation() throws {
        for (text, integer) in [
            ("1.2345678901234567890123e22", 12_345_678_901_234_567_890_123),
            ("12345678901234567890.000", 12_345_678_901_234_567_890),
            ("-1200000000000000000000000E-3", -1_200_000_000_000_000_000_000), ("5.0", 5),
        ] as [(String, Int128)] {
            #expect(try decoded(Array(text.utf8), .json, as: Int128.self) == integer)
        }
    }

    @Test(
        "A value keeps a number as JSON wrote it where a Double would lose digits",
        arguments: [
            "18446744073709551616", "-9223372036854775809", "100000000000000000000", "0.123456789012345678",
            "-1.00000000000000000", "3.14159265358979323846264338327950288", "1.234567890123456789E+10",
            "123456789012345678.9e-300", "0.000000000123456789012345678", "1700000000.123456789",
        ]
    )
    func kept(text: String) throws {
        let value = try Value(json: text)
        #expect(value == .number(text))
        #expect(value.hashValue == Value.number(text).hashValue)
        #expect(value.description == text)
        #expect(value.double == Double(text))
        #expect(value.integer == nil)
        #expect(try encoded([value, value], .json) == Array("[\(text), \(text)]".utf8))
        #expect(try decoded(Array(text.utf8), .json, as: Double.self) == Double(text))
        #expect(try decoded(Array(text.utf8), .json, as: Float.self) == Float(text))
        #expect(try decoded(encoded(value, .messagePack), .messagePack) == Value.double(Double(text) ?? 0))
        #expect(throws: DecodingError.self) { try decoded(Array(text.utf8), .json, as: String.self) }
    }

    @Test(
        "Numbers of up to 17 digits are floating point numbers as before",
        arguments: [
            "0.1", "1.7976931348623157e308", "0.00000000000000000000000001", "12345678.901234567", "5e-324", "1.50",
        ]
    )
    func doubles(text: String) throws {
        #expect(try Value(json: text) == .double(Double(text) ?? 0))
    }

    @Test(
        "A number that is made by hand is checked",
        arguments: ["", "five", "0x10", "nan", "1.", ".5", "01", "1e", "+1", "1 "]
    )
    func invalid(text: String) throws {
        let value: Value = ["a": [.number(text)]]
        let error = #expect(throws: EncodingError.self) { try encoded(value, .json) }
        guard case .invalidValue(_, let context) = error else { return }
        #expect(context.codingPath.map(\.stringValue) == ["a", "Index 0"])
        #expect(throws: EncodingError.self) { try encoded(value, .messagePack) }
        #expect(throws: DecodingError.self) { try Value.number(text).decoded(as: Double.self) }
        #expect(Value.number(text).double == nil)
        // Printing always succeeds.
        #expect(try Value(json: value.description)["a"]?[0] == .string(text))
    }

    @Test("A number that is made by hand and fits is an integer where integers are asked for")
    func madeByHand() throws {
        #expect(Value.number("5").integer == 5)
        #expect(try Value.number("-5").decoded(as: Int8.self) == -5)
        #expect(try encoded(Value.number("300"), .messagePack) == encoded(300, .messagePack))
        #expect(try encoded(Value.number("18446744073709551615"), .messagePack) == encoded(UInt64.max, .messagePack))
        #expect(try encoded(Value.number("2.5"), .messagePack) == encoded(2.5, .messagePack))
    }
}

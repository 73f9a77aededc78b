import Foundation
import SecureChannel
import Testing

/// Numbers that the type asked for cannot hold exactly.
@Suite struct NumberTests {
    static let integers: [Value] = [
        .integer(1 << 53 + 1), .integer(1 << 60), .integer(1 << 60 + 1), .integer(.max), .integer(.min),
        .unsigned(.max),
        .integer(1_700_000_000_123_456_789), .integer(16_777_217), .integer(-16_777_219), .integer(-((1 << 53) + 1)),
    ]

    @Test("An integer is rounded to a floating point number as Foundation does it", arguments: integers)
    func rounding(value: Value) throws {
        let text = Array(value.description.utf8)
        let (double, float) = try (
            JSONDecoder().decode(Double.self, from: Data(text)), JSONDecoder().decode(Float.self, from: Data(text))
        )
        #expect(try decoded(text, .json, as: Double.self) == double)
        #expect(try decoded(text, .json, as: Float.self) == float)
        let bytes = try encoded(value, .messagePack)
        #expect(try decoded(bytes, .messagePack, as: Double.self) == double)
        #expect(try decoded(bytes, .messagePack, as: Float.self) == float)
        #expect(try decoded(encoded([value], .messagePack), .messagePack, as: [Double].self) == [double])
        #expect(
            try decoded(encoded(["k": value] as Value, .messagePack), .messagePack, as: [String: Float].self) == [
                "k": float
            ]
        )
        #expect(try value.decoded(as: Double.self) == double)
        #expect(value.double == double)
    }

    @Test(
        "Integers as long as JavaScript writes them are floating point numbers in JSON",
        arguments: [
            "100000000000000000000", "-100000000000000000000", "18446744073709551616", "-9223372036854775809",
            "123456789012345678901", "9007199254740993000000",
        ]
    )
    func longIntegers(text: String) throws {
        let foundation = try JSONDecoder().decode(Double.self, from: Data(text.utf8))
        #expect(try decoded(Array(text.utf8), .json, as: Double.self) == foundation)
        #expect(try decoded(Array(text.utf8), .json, as: Value.self).double == foundation)
        #expect(throws: DecodingError.self) { try decoded(Array(text.utf8), .json, as: Int.self) }
        #expect(throws: DecodingError.self) { try decoded(Array(text.utf8), .json, as: UInt64.self) }
    }

    @Test("An integer that is infinite as a floating point number is an error")
    func infinite() {
        let text = Array(String(repeating: "9", count: 400).utf8)
        #expect(throws: DecodingError.self) { try decoded(text, .json, as: Double.self) }
        #expect(throws: DecodingError.self) { try decoded(text, .json, as: Value.self) }
    }
}

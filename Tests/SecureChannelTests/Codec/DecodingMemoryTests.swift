import Foundation
import SecureChannel
import Testing

/// A small message may not become more in memory than its reader allows.
@Suite struct DecodingMemoryTests {
    static let limit = 1 << 20

    /// What grows most in memory, 100,000 times: less than the limit in bytes, and more than it in memory.
    static let packed: [(element: String, what: String)] = [
        ("91c0", "arrays of nil"), ("90", "values"), ("c0", "nil"), ("00", "integers"), ("81c0c0", "maps"),
        ("a161", "short strings"), ("c40101", "bytes"), ("d40101", "extensions"),
    ]

    private func array(_ element: String, count: Int = 100_000) -> [UInt8] {
        let element = [UInt8](hex: element)
        return [0xdd] + withUnsafeBytes(of: UInt32(count).bigEndian, Array.init)
            + (0..<count).flatMap { _ in element }
    }

    @Test("MessagePack that would take more memory than allowed is an error that says so", arguments: packed)
    func messagePack(element: String, what: String) throws {
        let bytes = array(element)
        #expect(bytes.count < Self.limit)
        let strict = MessagePackCodec(maximumMemory: Self.limit)
        try expectTooMuch { _ = try decoded(bytes, strict, as: Value.self) }
        try expectTooMuch { _ = try decoded(bytes, strict, as: [Value].self) }
        try expectTooMuch { _ = try decoded([0x81, 0xa1, 0x6b] + bytes, strict, as: [String: Value].self) }
        #expect(try decoded(bytes, .messagePack, as: Value.self).array?.count == 100_000)
    }

    @Test("Arrays of other types are counted as well")
    func otherArrays() throws {
        let strict = MessagePackCodec(maximumMemory: Self.limit)
        try expectTooMuch { _ = try decoded(array("00", count: 200_000), strict, as: [Int].self) }
        try expectTooMuch { _ = try decoded(array("00", count: 200_000), strict, as: [Double].self) }
        try expectTooMuch { _ = try decoded(array("00", count: 200_000), strict, as: [UInt32?].self) }
        try expectTooMuch { _ = try decoded(array("a0"), strict, as: [String].self) }
        try expectTooMuch { _ = try decoded(array("90", count: 200_000), strict, as: [[Int]].self) }
        try expectTooMuch { _ = try decoded(array("9100", count: 50_000), strict, as: [[Int]].self) }
        try expectTooMuch { _ = try decoded(array("9190", count: 50_000), strict, as: [[[Point]]].self) }
        #expect(try decoded(array("00"), strict, as: [Int].self).count == 100_000)
    }

    @Test(
        "JSON that would take more memory than allowed is an error that says so",
        arguments: ["[0]", "[]", "0", "null", #"{"":0}"#, #""a""#]
    )
    func json(element: String) throws {
        let bytes = Array("[\(Array(repeating: element, count: 100_000).joined(separator: ","))]".utf8)
        #expect(bytes.count < Self.limit)
        let strict = JSONCodec(maximumMemory: Self.limit)
        try expectTooMuch { _ = try decoded(bytes, strict, as: Value.self) }
        try expectTooMuch { _ = try decoded(bytes, strict, as: [Value].self) }
        #expect(try decoded(bytes, .json, as: Value.self).array?.count == 100_000)
    }

    @Test("A decoding begins anew with all of the memory that is allowed")
    func everyDecoding() throws {
        let codec = MessagePackCodec(maximumMemory: Self.limit)
        let json = JSONCodec(maximumMemory: Self.limit)
        for _ in 0..<10 {
            #expect(try decoded(array("c0", count: 20_000), codec, as: Value.self).array?.count == 20_000)
            #expect(
                try decoded(Array("[\"\(String(repeating: "x", count: 200_000))\"]".utf8), json, as: [String].self)
                    .count == 1
            )
        }
    }

    @Test("No memory at all is enough for what needs none", arguments: [0, -1, .min])
    func none(limit: Int) throws {
        #expect(try decoded([0x07], MessagePackCodec(maximumMemory: limit), as: Value.self) == 7)
        #expect(try decoded([0x90], MessagePackCodec(maximumMemory: limit), as: Value.self) == [])
        #expect(try decoded(Array("7".utf8), JSONCodec(maximumMemory: limit), as: Int.self) == 7)
        #expect(throws: DecodingError.self) {
            try decoded([0x91, 0x07], MessagePackCodec(maximumMemory: limit), as: Value.self)
        }
        #expect(throws: DecodingError.self) {
            try decoded(Array("[7]".utf8), JSONCodec(maximumMemory: limit), as: Value.self)
        }
    }

    private func expectTooMuch(_ body: () throws -> Void, at location: SourceLocation = #_sourceLocation) throws {
        let error = #expect(throws: DecodingError.self, sourceLocation: location) { try body() }
        guard case .dataCorrupted(let context) = error else { return }
        #expect(context.debugDescription.contains("maximumMemory"), sourceLocation: location)
    }
}

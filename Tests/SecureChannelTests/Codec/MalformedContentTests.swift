import Foundation
import SecureChannel
import Testing

/// What a hostile or broken peer may send: every fault is a thrown error, and costs no more than the bytes that arrived.
@Suite struct MalformedContentTests {
    @Test("MessagePack cut off at any byte, or followed by one, is an error")
    func truncatedMessagePack() throws {
        let bytes = try encoded(Report.example, .messagePack)
        for length in 0..<bytes.count {
            #expect(throws: DecodingError.self) {
                try decoded(Array(bytes.prefix(length)), .messagePack, as: Report.self)
            }
            #expect(throws: DecodingError.self) {
                try decoded(Array(bytes.prefix(length)), .messagePack, as: Value.self)
            }
        }
        for byte in 0...255 as ClosedRange<UInt8> {
            #expect(throws: DecodingError.self) { try decoded(bytes + [byte], .messagePack, as: Report.self) }
        }
    }

    @Test("JSON cut off at any byte, or followed by one that is not white space, is an error")
    func truncatedJSON() throws {
        let bytes = try encoded(Report.example, .json)
        for length in 0..<bytes.count {
            #expect(throws: DecodingError.self) { try decoded(Array(bytes.prefix(length)), .json, as: Report.self) }
        }
        for byte in 0x21...255 as ClosedRange<UInt8> {
            #expect(throws: DecodingError.self) { try decoded(bytes + [byte], .json, as: Report.self) }
        }
        #expect(try decoded(bytes + Array(" \t\r\n".utf8), .json) == Report.example)
    }

    static let malformed: [String] = [
        "", "c1", "91c1", "c0c0",
        // Lengths that the bytes do not have, each in all widths.
        "a161" + "61", "a2" + "61", "d902" + "61", "da0002" + "61", "dbffffffff" + "61",
        "c402" + "61", "c50002" + "61", "c6ffffffff" + "61",
        "92" + "01", "dc0002" + "01", "ddffffffff" + "01", "dd7fffffff" + "01", "dd80000000" + "01",
        "81" + "01", "de0001" + "01", "dfffffffff" + "0101", "df80000000" + "0101", "df7fffffff" + "0101",
        "d405", "c70205" + "01", "c8000205" + "01", "c9ffffffff05" + "01", "c9ffffffff", "c7", "c700",
        // Array and map headers that nest in what is claimed and not there.
        "ddfffffffe" + "ddfffffffe" + "c0", "9f9f9f9f9f",
        // Numbers cut off.
        "cc", "cd00", "ce000000", "cf00000000000000", "d0", "d100", "d2000000", "d300000000000000", "ca000000",
        "cb00000000000000",
        // Strings that are not UTF-8: a lone continuation, overlong, a surrogate, above U+10FFFF, cut off.
        "a180", "a2c080", "a3eda080", "a4f4908080", "a1c3", "81a1ff01", "91a1ff", "a4f0808080", "a1fe",
        // Timestamps of other lengths, or with a second's nanoseconds.
        "d4ff00", "d5ff0000", "c703ff000000", "c700ff", "d8ff00000000000000000000000000000000",
        "d7ffee6b280000000000", "c70cff3b9aca000000000000000000", "c70cffffffffff0000000000000000",
    ]

    @Test("Bytes that are not one MessagePack value are an error", arguments: malformed)
    func malformedMessagePack(hex: String) {
        #expect(throws: DecodingError.self) { try decoded(Array(hex: hex), .messagePack, as: Value.self) }
        #expect(throws: DecodingError.self) { try decoded(Array(hex: hex), .messagePack, as: Report.self) }
        #expect(throws: DecodingError.self) { try decoded([0x91] + Array(hex: hex), .messagePack, as: [Value].self) }
    }

    static let depths: [(prefix: [UInt8], suffix: [UInt8], isJSON: Bool)] = [
        ([0x91], [0xc0], false),
        ([0x81, 0xa1, 0x61], [0xc0], false),
        ([0x81], [0xc0], false),
        ([0xdc, 0x00, 0x01], [0xc0], false),
        (Array("[".utf8), Array("]".utf8), true),
        (Array("{\"a\":".utf8), Array("}".utf8), true),
        (Array("[{\"a\":".utf8), [], true),
    ]

    @Test("Nesting a million deep is an error and no crash", arguments: depths)
    func depthBombs(prefix: [UInt8], suffix: [UInt8], isJSON: Bool) {
        // Doubled twenty times: over a million.
        func many(_ bytes: [UInt8]) -> [UInt8] { (0..<20).reduce(bytes) { bytes, _ in bytes + bytes } }
        let bytes = many(prefix) + (isJSON ? Array("1".utf8) + many(suffix) : suffix)
        #expect(throws: DecodingError.self) {
            _ = isJSON ? try decoded(bytes, .json, as: Value.self) : try decoded(bytes, .messagePack, as: Value.self)
        }
        #expect(throws: DecodingError.self) {
            _ = isJSON ? try decoded(bytes, .json, as: Tree.self) : try decoded(bytes, .messagePack, as: Tree.self)
        }
    }

    @Test("Nesting is taken to exactly the limit, by the reader and the writer", arguments: [1, 5, 128])
    func depthLimit(limit: Int) throws {
        func nested(_ depth: Int, around innermost: Value = 1) -> Value {
            (0..<depth).reduce(innermost) { value, level in level % 2 == 0 ? [value] : ["k": value] }
        }
        let generous = MessagePackCodec(maximumDepth: limit + 1)
        let strict = MessagePackCodec(maximumDepth: limit)
        #expect(try decoded(encoded(nested(limit), strict), strict) == nested(limit))
        #expect(throws: DecodingError.self) {
            try decoded(encoded(nested(limit + 1), generous), strict, as: Value.self)
        }
        #expect(throws: EncodingError.self) { try encoded(nested(limit + 1), strict) }
        #expect(throws: EncodingError.self) { try encoded([nested(limit)], strict) }
        // An empty array is one more level.
        #expect(throws: DecodingError.self) {
            try decoded(encoded(nested(limit, around: []), generous), strict, as: Value.self)
        }
        let jsonStrict = JSONCodec(maximumDepth: limit)
        let jsonGenerous = JSONCodec(maximumDepth: limit + 1)
        #expect(try decoded(encoded(nested(limit), jsonStrict), jsonStrict) == nested(limit))
        #expect(throws: DecodingError.self) {
            try decoded(encoded(nested(limit + 1), jsonGenerous), jsonStrict, as: Value.self)
        }
        #expect(throws: EncodingError.self) { try encoded(nested(limit + 1), jsonStrict) }
        #expect(throws: EncodingError.self) { try encoded([nested(limit)], jsonStrict) }
    }

    @Test("A Codable type that nests deeper than the limit fails to encode")
    func encodingDepth() throws {
        func tree(_ depth: Int) -> Tree {
            (1..<depth).reduce(Tree(value: 0, children: [])) { Tree(value: $1, children: [$0]) }
        }
        #expect(try decoded(encoded(tree(64), .messagePack), .messagePack) == tree(64))
        #expect(try decoded(encoded(tree(64), .json), .json) == tree(64))
        #expect(throws: EncodingError.self) { try encoded(tree(65), .messagePack) }
        #expect(throws: EncodingError.self) { try encoded(tree(65), .json) }
    }

    @Test("Integers that do not fit are an error, for every type")
    func integerRanges() throws {
        func check<Integer: FixedWidthInteger & Codable>(_ type: Integer.Type) throws {
            for (limit, beyond) in [
                (Int128(Integer.max), Int128(Integer.max) + 1), (Int128(Integer.min), Int128(Integer.min) - 1),
            ] {
                for codec in [MessagePackCodec(), JSONCodec()] as [any Codec] {
                    let inside = try #require(Value(exactly: limit))
                    #expect(try decoded(encoded(inside, codec), codec, as: Integer.self) == Integer(limit))
                    #expect(try decoded(encoded([inside], codec), codec, as: [Integer].self) == [Integer(limit)])
                    guard let outside = Value(exactly: beyond) else { continue }
                    #expect(throws: DecodingError.self) {
                        try decoded(encoded(outside, codec), codec, as: Integer.self)
                    }
                    #expect(throws: DecodingError.self) {
                        try decoded(encoded([outside], codec), codec, as: [Integer].self)
                    }
                    #expect(throws: DecodingError.self) {
                        try decoded(encoded(["k": outside] as Value, codec), codec, as: [String: Integer].self)
                    }
                }
            }
        }
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(Int.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
        try check(UInt.self)
    }

    static let kinds: [Value] = [
        .null, true, 1, 1.5, "s", .binary([1]), [.null], ["k": .null], .timestamp(seconds: 1, nanoseconds: 0),
        .extension(type: 1, bytes: []),
    ]

    @Test("A value of another kind than asked for is an error", arguments: kinds)
    func wrongKinds(value: Value) throws {
        func check<Content: Codable>(_ type: Content.Type, _ isTaken: (Value) -> Bool) throws {
            try read(value, Content.self)
            try read([value], [Content].self)
            try read(["k": value], [String: Content].self)
            func read<Whole: Codable>(_ whole: Value, _ type: Whole.Type) throws {
                let bytes = try encoded(whole, .messagePack)
                let fromBytes = try? decoded(bytes, .messagePack, as: type)
                let fromValue = try? whole.decoded(as: type)
                #expect((fromBytes != nil) == isTaken(value), "\(type) from \(value)")
                #expect((fromValue != nil) == isTaken(value), "\(type) from \(value)")
            }
        }
        try check(Bool.self) { $0.bool != nil }
        try check(Int.self) { $0 == 1 }
        try check(UInt8.self) { $0 == 1 }
        try check(Double.self) { $0 == 1 || $0 == 1.5 }
        try check(Float.self) { $0 == 1 || $0 == 1.5 }
        try check(String.self) { $0.string != nil }
        try check(Data.self) { $0.binary != nil || $0.string != nil }
        try check(Date.self) { $0 == 1 || $0 == 1.5 || $0 == .timestamp(seconds: 1, nanoseconds: 0) }
        try check([Point].self) { _ in false }
        try check(Point.self) { _ in false }
        try check([Value].self) { $0.array != nil }
        try check([String: Value].self) { $0.map != nil }
    }

    @Test("A hundred thousand random contents trap nothing", arguments: 0..<10)
    func randomBytes(seed: Int) {
        let jsonAlphabet = Array(#"[]{}",:0123456789-+.eE\u/tfnNI "#.utf8) + [0xc3, 0xa9, 0xff]
        var generator = SeededGenerator(seed: UInt64(seed))
        for number in 0..<10_000 {
            let isJSON = seed % 2 == 1
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                let byte = UInt8.random(in: 0...255, using: &generator)
                return isJSON ? jsonAlphabet[Int(byte) % jsonAlphabet.count] : byte
            }
            read(bytes, isJSON: isJSON, variant: number)
        }
    }

    @Test("Ten thousand damaged contents trap nothing", arguments: [true, false])
    func damagedBytes(isJSON: Bool) throws {
        let whole = isJSON ? try encoded(Report.example, .json) : try encoded(Report.example, .messagePack)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            read(bytes, isJSON: isJSON, variant: 0)
        }
    }

    /// Reads bytes in several ways. Nothing may trap; and what was read as a value can be written, and is then the same.
    private func read(_ bytes: [UInt8], isJSON: Bool, variant: Int) {
        let codec: any Codec = isJSON ? JSONCodec(allowsNonFinite: true) : MessagePackCodec()
        _ = try? codec.decodeHead(from: bytes.span.bytes)
        switch variant % 4 {
        case 0: _ = try? decoded(bytes, codec, as: Report.self)
        case 1: _ = try? decoded(bytes, codec, as: [Tree].self)
        case 2: _ = try? decoded(bytes, codec, as: [String: [Date]].self)
        default: _ = try? decoded(bytes, codec, as: Data.self)
        }
        if let value = try? decoded(bytes, codec, as: Value.self) {
            #expect(throws: Never.self) {
                let again = try decoded(encoded(value, codec), codec, as: Value.self)
                #expect(again.description == value.description)
                #expect(again.hashValue == value.hashValue || value.description.contains("NaN"))
            }
        }
    }
}

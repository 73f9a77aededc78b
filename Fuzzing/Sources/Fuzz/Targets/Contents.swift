internal import Foundation
internal import SecureChannel

extension Codec where Self == JSONCodec {
    static func json(allowsNonFinite: Bool) -> JSONCodec { JSONCodec(allowsNonFinite: allowsNonFinite) }
}

/// What decodes without a type encodes again and then decodes to the same.
func checkValue(_ bytes: [UInt8], _ codec: some Codec) {
    guard let value = try? codec.decode(Value.self, from: bytes.span.bytes) else { return }
    checkStability(value, codec)
    // In the other format it may be refused; a few kinds cannot be written there.
    _ = try? encode(value, MessagePackCodec())
    _ = try? encode(value, JSONCodec())
    _ = value.hashValue
}

/// The same for types, of which the first byte chooses one.
func checkTypes(_ bytes: [UInt8], _ codec: some Codec) {
    guard let choice = bytes.first else { return }
    let content = Array(bytes.dropFirst())
    switch choice % 19 {
    case 0: check(Record.self, content, codec)
    case 1: check([Record].self, content, codec)
    case 2: check(Shape.self, content, codec)
    case 3: check(Tree.self, content, codec)
    case 4: check([Int].self, content, codec)
    case 5: check([Double].self, content, codec)
    case 6: check(String.self, content, codec)
    case 7: check([UInt8].self, content, codec)
    case 8: check(Data.self, content, codec)
    case 9: check([UInt8?].self, content, codec)
    case 10: check(UInt64.self, content, codec)
    case 11: check([Bool].self, content, codec)
    case 12: check(UUID.self, content, codec)
    case 13: checkEquality([String: Int].self, content, codec)
    case 14: checkEquality([Int: [String: Bool]].self, content, codec)
    case 15: check([Float].self, content, codec)
    case 16: checkDate(content, codec)
    case 17: check(Int128.self, content, codec)
    default: check(UInt128.self, content, codec)
    }
}

/// A date may be further away than a format reaches.
private func checkDate(_ bytes: [UInt8], _ codec: some Codec) {
    guard let date = try? codec.decode(Date.self, from: bytes.span.bytes), let once = try? encode(date, codec) else {
        return
    }
    let again = try? codec.decode(Date.self, from: once.span.bytes)
    if codec is JSONCodec { require(again == date, "a Date stays the same") }
    require(again.flatMap { try? encode($0, codec) } == once, "a Date stays the same when written again")
}

private func check<Content: Codable>(_: Content.Type, _ bytes: [UInt8], _ codec: some Codec) {
    guard let content = try? codec.decode(Content.self, from: bytes.span.bytes) else { return }
    checkStability(content, codec)
}

/// By what is written, in which a NaN is like another.
private func checkStability<Content: Codable>(_ content: Content, _ codec: some Codec) {
    guard let once = try? encode(content, codec) else {
        return require(false, "a \(Content.self) that was decoded can be encoded")
    }
    guard let again = try? codec.decode(Content.self, from: once.span.bytes) else {
        return require(false, "a \(Content.self) that was encoded can be decoded")
    }
    require((try? encode(again, codec)) == once, "a \(Content.self) stays the same")
}

/// By what is read, where the order of keys is anybody's choice.
private func checkEquality<Content: Codable & Equatable>(_: Content.Type, _ bytes: [UInt8], _ codec: some Codec) {
    guard let content = try? codec.decode(Content.self, from: bytes.span.bytes) else { return }
    let again = (try? encode(content, codec)).flatMap { try? codec.decode(Content.self, from: $0.span.bytes) }
    require(again == content, "a \(Content.self) stays the same")
}

private func encode(_ content: some Encodable, _ codec: some Codec) throws -> [UInt8] {
    var writer = MessageWriter()
    try codec.encode(content, into: &writer)
    return writer.bytes
}

// MARK: - What is decoded

/// One property of each kind that Swift derives code for.
private struct Record: Codable {
    var name: String
    var count: Int
    var small: Int8
    var share: Double?
    var flags: [Bool]
    var blob: Data
    var parts: [Part]
    var note: String?
    var other: Value?

    struct Part: Codable {
        var key: UInt32
        var shape: Shape?
    }
}

private enum Shape: Codable {
    case point
    case circle(radius: Double)
    case named(String, sides: UInt8)
}

/// Nested as deeply as a codec allows.
private struct Tree: Codable {
    var children: [Tree]
}

// MARK: - Seeds

func valueSeeds(_ codec: some Codec) -> [[UInt8]] {
    let values: [Value] = [
        .null, true, 0, -1, 300, .integer(.min), .unsigned(.max), 1.5, .double(.infinity), "", "naïve 🦊",
        .binary([0, 255]),
        [], [1, [2, [3, []]]], [:], ["a": 1, "b": ["c": .null]], .timestamp(seconds: 1, nanoseconds: 999_999_999),
        .timestamp(seconds: -1, nanoseconds: 0), .extension(type: 5, bytes: [1, 2, 3, 4]),
        .array((0..<40).map { .integer($0 * 1000) }), .string(String(repeating: "x", count: 300)),
    ]
    return values.compactMap { try? encode($0, codec) }
}

func jsonTextSeeds() -> [[UInt8]] {
    [
        #""\ud83e\udd8a\n\u0000""#, "-0.0", "1E+308", "NaN", "-Infinity", #"{"a":1,"a":2}"#, "12345678901234567890",
        "123456789012345678901234", "1700000000.123456789", " [ ] ",
    ]
    .map { Array($0.utf8) }
}

func typeSeeds(_ codec: some Codec) -> [[UInt8]] {
    let record = Record(
        name: "n",
        count: 7,
        small: -3,
        share: 0.5,
        flags: [true, false],
        blob: Data([1, 2]),
        parts: [.init(key: 1, shape: .circle(radius: 2)), .init(key: 2, shape: .named("s", sides: 4))],
        note: nil,
        other: ["x": [1, "y"]]
    )
    let contents: [any Encodable] = [
        record, [record], Shape.point, Tree(children: [Tree(children: []), Tree(children: [Tree(children: [])])]),
        [1, -70_000, Int.max], [0.5, -1e300], "text", [UInt8](0..<40), Data([9, 8]), [1, nil] as [UInt8?], UInt64.max,
        [true, false], UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)), ["a": 1, "b": -2],
        [1: ["x": true]], [Float(1.25)], Date(timeIntervalSinceReferenceDate: 0.1), Int128(Int64.min),
        UInt128(UInt64.max),
    ]
    return contents.enumerated().compactMap { index, content in
        (try? encode(content, codec)).map { [UInt8(index)] + $0 }
    }
}

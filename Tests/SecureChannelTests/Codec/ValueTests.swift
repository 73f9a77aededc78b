import SecureChannel
import Testing

@Suite struct ValueTests {
    let value: Value = [
        "name": "db1", "ports": [5555, 5556], "load": 0.5, "isUp": true, "peer": .null, 7: "seven",
        "big": .unsigned(.max), "raw": .binary([1]),
    ]

    @Test("A value is looked into by name, by position and by kind")
    func access() {
        #expect(value["name"]?.string == "db1")
        #expect(value["ports"]?[1]?.integer == 5556)
        #expect(value["ports"]?.array?.count == 2)
        #expect(value["ports"]?[2] == nil)
        #expect(value["ports"]?[-1] == nil)
        #expect(value["load"]?.double == 0.5)
        #expect(value["ports"]?[0]?.double == 5555)
        #expect(value["isUp"]?.bool == true)
        #expect(value["peer"]?.isNull == true)
        #expect(value["absent"] == nil)
        #expect(value[7]?.string == "seven")
        #expect(value["big"]?.integer == nil)
        #expect(value["raw"]?.binary == [1])
        #expect(value["name"]?["no map"] == nil)
        #expect(value.map?.count == 8)
    }

    @Test("Values are equal by what they mean, and hash alike")
    func equality() {
        let equal: [(Value, Value)] = [
            (.unsigned(5), 5),
            (["a": 1, "b": 2], ["b": 2, "a": 1]),
            ([1: ["a": 1, "b": 2]], [.unsigned(1): ["b": 2, "a": 1]]),
            ([["x": 1, "y": 2]: 1], [["y": 2, "x": 1]: 1]),
        ]
        for (left, right) in equal {
            #expect(left == right)
            #expect(left.hashValue == right.hashValue)
        }
        let different: [(Value, Value)] = [
            (1, 1.0), (0, false), (.null, false), ("1", 1), ([], [:]), (.binary([1]), [1]), (.unsigned(.max), -1),
            (["a": 1], ["a": 2]), (["a": 1], ["a": 1, "b": 2]), (["a": 1, "a": 2], ["a": 2, "a": 1]),
            (.double(.nan), .double(.nan)),
            (.timestamp(seconds: 1, nanoseconds: 0), .timestamp(seconds: 1, nanoseconds: 1)),
            (.extension(type: 1, bytes: [1]), .extension(type: 2, bytes: [1])),
        ]
        for (left, right) in different { #expect(left != right) }
    }

    @Test("Comparing and hashing deep maps in another order takes no longer with every level")
    func deepMaps() {
        func nested(_ depth: Int, _ isReversed: Bool) -> Value {
            (0..<depth).reduce(0) { inner, _ in isReversed ? ["b": 1, "a": inner] : ["a": inner, "b": 1] }
        }
        // With work that doubled at each level this would not end.
        #expect(nested(100, false) == nested(100, true))
        #expect(nested(100, false).hashValue == nested(100, true).hashValue)
    }

    @Test("A map can be changed, and keeps its order")
    func maps() {
        var map: Value.Map = ["a": 1, "b": 2]
        map["c"] = 3
        map["a"] = 10
        map["b"] = nil
        map.append(key: "c", value: 30)
        #expect(map.map(\.key) == ["a", "c", "c"])
        #expect(map["c"] == 30)
        #expect(Value.map(map).description == #"{"a": 10, "c": 3, "c": 30}"#)
    }

    @Test("Integers of any type become values if 64 bits hold them")
    func integers() {
        #expect(Value(exactly: UInt64.max) == .unsigned(.max))
        #expect(Value(exactly: Int8(-1)) == -1)
        #expect(Value(exactly: Int128(UInt64.max) + 1) == nil)
        #expect(Value(exactly: Int128(Int64.min) - 1) == nil)
    }

    @Test("A writer grows as it must and gives back its bytes")
    func writer() {
        var writer = MessageWriter()
        writer.append(1)
        writer.append(bigEndian: 0x0203 as UInt16)
        writer.append(utf8: "é")
        writer.append(contentsOf: [9, 8])
        writer.reserve(1000)
        withUnsafeBytes(of: 7 as UInt8) { writer.append(contentsOf: $0) }
        #expect(writer.bytes == [1, 2, 3, 0xc3, 0xa9, 9, 8, 7])
        #expect(writer.count == 8)
    }

    @Test("Content larger than the room at hand is written whole", arguments: [0, 1, 255, 256, 257, 1000, 100_000])
    func growth(count: Int) throws {
        var writer = MessageWriter(reservedCapacity: 10)
        writer.append(0xaa)
        let content = (0..<count).map { "\($0)" }
        try MessagePackCodec().encode(content, into: &writer)
        try MessagePackCodec().encode(Set(content).count, into: &writer)
        var expected = try [0xaa] + encoded(content, .messagePack)
        expected += try encoded(count, .messagePack)
        #expect(writer.bytes == expected)
        #expect(
            try decoded(Array(writer.bytes.dropFirst().dropLast(encoded(count, .messagePack).count)), .messagePack)
                == content
        )
    }
}

import Foundation
import SecureChannel
import Testing

@Suite("MessagePack to and from Python's msgpack", .needs(.msgpack), .timeLimit(.minutes(5)))
struct PythonValueTests {
    /// Content, and Python's expression for it, which is also how Python prints it.
    static let values: [(value: Value, python: String)] = [
        (.null, "None"), (true, "True"), (false, "False"),
        (0, "0"), (127, "127"), (128, "128"), (255, "255"), (256, "256"), (65535, "65535"), (65536, "65536"),
        (4_294_967_295, "4294967295"), (4_294_967_296, "4294967296"),
        (.integer(.max), "9223372036854775807"), (.unsigned(.max), "18446744073709551615"),
        (-1, "-1"), (-32, "-32"), (-33, "-33"), (-128, "-128"), (-129, "-129"), (-32768, "-32768"), (-32769, "-32769"),
        (-2_147_483_648, "-2147483648"), (-2_147_483_649, "-2147483649"), (.integer(.min), "-9223372036854775808"),
        (1.5, "1.5"), (-0.0, "-0.0"), (0.1, "0.1"), (.double(.infinity), "inf"),
        ("", "''"), ("Grüße, 世界 🚀", "'Grüße, 世界 🚀'"),
        (.binary([]), "b''"), (.binary([0, 255, 10]), #"b'\x00\xff\n'"#),
        ([], "[]"), ([1, [.null, [:]]], "[1, [None, {}]]"),
        (["b": 1, "a": .binary([1])], #"{'b': 1, 'a': b'\x01'}"#),
        ([1: "one", -2: "minus two", .null: 3], "{1: 'one', -2: 'minus two', None: 3}"),
        (.timestamp(seconds: 0, nanoseconds: 0), "Timestamp(seconds=0, nanoseconds=0)"),
        (.timestamp(seconds: 4_294_967_296, nanoseconds: 0), "Timestamp(seconds=4294967296, nanoseconds=0)"),
        (.timestamp(seconds: 1_700_000_000, nanoseconds: 7), "Timestamp(seconds=1700000000, nanoseconds=7)"),
        (.timestamp(seconds: 1, nanoseconds: 999_999_999), "Timestamp(seconds=1, nanoseconds=999999999)"),
        (.timestamp(seconds: -1, nanoseconds: 1), "Timestamp(seconds=-1, nanoseconds=1)"),
        (.extension(type: 42, bytes: [1, 2, 3]), #"ExtType(code=42, data=b'\x01\x02\x03')"#),
        (.extension(type: 0, bytes: Array(repeating: 65, count: 16)), "ExtType(code=0, data=b'AAAAAAAAAAAAAAAA')"),
    ]

    @Test("What we send is what Python sees", arguments: Role.allCases)
    func ours(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            for (value, python) in Self.values {
                let description: String = try await meeting.ask("describe", value)
                #expect(description == python)
            }
        }
    }

    @Test("Of a key that comes twice, Python takes the value that we take", arguments: Role.allCases)
    func repeatedKeys(_ role: Role) async throws {
        let maps: [Value.Map] = [
            ["a": 1, "a": 2], ["a": 1, "b": 2, "a": 3, "b": 4, "c": 5],
            Value.Map((0..<60).map { (.string("key \($0 % 40)"), .integer($0)) }),
        ]
        try await meetPython(role) { meeting in
            for map in maps {
                let description: String = try await meeting.ask("describe", .map(map))
                let ours = try Value.map(map).decoded(as: [String: Int].self)
                var seen: Set<String> = []
                let names = map.compactMap(\.key.string).filter { seen.insert($0).inserted }
                #expect(description == "{\(names.map { "'\($0)': \(ours[$0] ?? -1)" }.joined(separator: ", "))}")
                // And its json of the same text.
                let text = Value.map(map).json()
                let made: Value = try await meeting.ask("make", .string("__import__('json').loads('\(text)')"))
                #expect(try made == Value(json: text))
            }
        }
    }

    @Test("Numbers of many digits and dates are what Python's json reads and writes", arguments: Role.allCases)
    func jsonNumbers(_ role: Role) async throws {
        let dates = [0.1, -0.3, 1e-9, -12_345.678_9, 800_000_000.123_456_7].map(
            Date.init(timeIntervalSinceReferenceDate:)
        )
        let texts = try dates.map { String(decoding: try jsonEncoded($0), as: UTF8.self) }
        try await meetPython(role) { meeting in
            for text in texts + ["1.234567890123456789", "0.1000000000000000055511151231257827"] {
                let made: Double = try await meeting.ask("make", .string("__import__('json').loads('\(text)')"))
                #expect(made == Double(text))
            }
            for text in ["18446744073709551616", "-9223372036854775809", "\(Int128.min)", "\(UInt128.max)"] {
                let made: String = try await meeting.ask(
                    "make",
                    .string("(lambda json: json.dumps(json.loads('\(text)')))(__import__('json'))")
                )
                #expect(made == text)
                #expect(try Value(json: made).json() == text)
            }
        }
    }

    private func jsonEncoded(_ date: Date) throws -> [UInt8] {
        var writer = MessageWriter()
        try JSONCodec().encode(date, into: &writer)
        return writer.bytes
    }

    @Test("What Python sends is what we see", arguments: Role.allCases)
    func its(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            for (value, python) in Self.values {
                let expression = python == "inf" ? "float('inf')" : python
                let made: Value = try await meeting.ask("make", .string(expression))
                #expect(made == value)
                // Equal values may differ in the sign of zero.
                #expect(made.double?.sign == value.double?.sign)
            }
        }
    }

    @Test("What is longer than 8, 16 and 32 bits can count arrives whole, either way", arguments: Role.allCases)
    func lengths(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            for count in [15, 16, 31, 32, 255, 256, 65535, 65536] {
                let bytes = [UInt8](repeating: 7, count: count)
                let values: [(Value, String)] = [
                    (.string(String(repeating: "x", count: count)), "'x' * \(count)"),
                    (.binary(bytes), #"b'\x07' * \#(count)"#),
                    (.array(Array(repeating: 7, count: count)), "[7] * \(count)"),
                    (.map(.init((0..<count).map { (.integer(Int64($0)), 7) })), "{key: 7 for key in range(\(count))}"),
                    (.extension(type: 1, bytes: bytes), #"ExtType(1, b'\x07' * \#(count))"#),
                ]
                for (value, expression) in values {
                    let made: Value = try await meeting.ask("make", .string(expression))
                    #expect(made == value)
                    let echo: Value = try await meeting.ask("echo", value)
                    #expect(echo == value)
                }
            }
        }
    }

    @Test("A message of 4 MiB arrives whole, either way", arguments: Role.allCases)
    func large(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            let data = Data((0..<4 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let echo: Data = try await meeting.channel.send(Command(name: "echo", argument: data))
            #expect(echo == data)
        }
    }

    struct Record: Codable, Sendable, Hashable {
        var name: String
        var at: Date
        var blob: Data
        var tags: [String: Int]
        var parent: [Record]?
    }

    @Test("Swift's own types travel as Python's", arguments: Role.allCases)
    func codable(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            let leaf = Record(name: "leaf", at: Date(timeIntervalSince1970: 1.5), blob: Data([1, 2]), tags: ["a": 1])
            let epoch = Date(timeIntervalSince1970: 0)
            let record = Record(name: "root", at: epoch, blob: Data(), tags: [:], parent: [leaf])
            let echo: Record = try await meeting.channel.send(Command(name: "echo", argument: record))
            #expect(echo == record)
            let description: String = try await meeting.channel.send(Command(name: "describe", argument: leaf))
            #expect(
                description == "{'name': 'leaf', 'at': Timestamp(seconds=1, nanoseconds=500000000), "
                    + #"'blob': b'\x01\x02', 'tags': {'a': 1}}"#
            )
        }
    }

    @Test("Requests go both ways, and failures too", arguments: Role.allCases)
    func bothWays(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            async let serving: Void = meeting.channel.serve { (number: Int) throws -> Int in
                guard number > 0 else { throw Refusal(description: "not positive") }
                return number * 2
            }
            let (result, failure): (Value, Value) = try await (meeting.ask("call", 21), meeting.ask("call", -1))
            #expect(result == [1, 42])
            #expect(failure == [2, "not positive"])
            let error = await #expect(throws: RemoteError.self) { try await meeting.ask("fail", "no such table") }
            #expect(error?.message == "no such table")
            await meeting.channel.close()
            try await serving
        }
    }

    /// `[name, argument]`, with an argument of any type.
    struct Command<Argument: Encodable>: Encodable {
        var name: String
        var argument: Argument

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(name)
            try container.encode(argument)
        }
    }
}

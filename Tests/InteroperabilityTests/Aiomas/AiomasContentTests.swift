import SecureChannel
import Testing

@Suite("Content to and from Python's aiomas 2.0.1", .needs(.aiomas), .timeLimit(.minutes(5)))
struct AiomasContentTests {
    /// Content, and how Python prints what it got.
    static let contents: [(content: Value, python: String)] = [
        (.null, "None"),
        (true, "True"),
        (0, "0"),
        (-1, "-1"),
        (.integer(.min), "-9223372036854775808"),
        (.unsigned(.max), "18446744073709551615"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1e22, "1e+22"),
        (.double(.leastNonzeroMagnitude), "5e-324"),
        (.double(.greatestFiniteMagnitude), "1.7976931348623157e+308"),
        (3.0, "3.0"),
        ("", "''"),
        ("quote \" backslash \\ slash / ", #"'quote " backslash \\ slash / '"#),
        ("tab \t line \n return \r", #"'tab \t line \n return \r'"#),
        ("\u{0}\u{7f}\u{80}", #"'\x00\x7f\x80'"#),
        ("Grüße, 世界 👩‍🚀 \u{10FFFF}", "'Grüße, 世界 👩\\u200d🚀 \\U0010ffff'"),
        ("e\u{301} is not é", "'e\u{301} is not é'"),
        ([], "[]"),
        ([[], [[]], [:]], "[[], [[]], {}]"),
        (["b": 1, "a": [true, .null, 1.5], "ü": ["x": "y"]], "{'b': 1, 'a': [True, None, 1.5], 'ü': {'x': 'y'}}"),
    ]

    @Test("Content means the same at both ends, and comes back the same", arguments: AiomasCase.all)
    func contents(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            for (content, python) in Self.contents {
                let description: String = try await meeting.ask("describe", content)
                // Compared by scalars: Swift's strings call é and e with an accent equal, Python's do not.
                #expect(Array(description.unicodeScalars) == Array(python.unicodeScalars))
                let echo: Value = try await meeting.ask("echo", content)
                #expect(echo == content)
            }
        }
    }

    @Test("Content that it sends reaches our handlers and comes back the same", arguments: AiomasCase.all)
    func itsContents(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (content: Value) in content }
            for (content, _) in Self.contents {
                let reply: Value = try await meeting.ask("call", content)
                #expect(reply == ["result", content])
            }
            await meeting.channel.close()
            try await serving
        }
    }

    @Test("A message of 1 MiB arrives whole, either way", arguments: AiomasCase.all)
    func large(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (content: String) in content }
            let text = String(repeating: "0123456789abcdef", count: 1 << 16)
            let echo: String = try await meeting.ask("echo", .string(text))
            #expect(echo == text)
            let reply: Value = try await meeting.ask("call", .string(text))
            #expect(reply == ["result", .string(text)])
            await meeting.channel.close()
            try await serving
        }
    }

    @Test("A reply that cannot be encoded fails there, and the channel goes on", arguments: AiomasCase.all)
    func unencodable(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (number: Double) in number / 0 }
            let outcome: [String] = try await meeting.ask("call", 1.0)
            #expect(outcome.prefix(2) == ["failure", "RemoteException"])
            let echo: String = try await meeting.ask("echo", "still here")
            #expect(echo == "still here")
            await meeting.channel.close()
            try await serving
        }
    }
}

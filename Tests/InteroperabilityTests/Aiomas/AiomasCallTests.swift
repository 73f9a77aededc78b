import SecureChannel
import Testing

@Suite("Calls with Python's aiomas 2.0.1", .needs(.aiomas), .timeLimit(.minutes(5)))
struct AiomasCallTests {
    @Test("It answers our requests, many in flight", arguments: AiomasCase.all)
    func ourCalls(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for number in 0..<500 {
                    group.addTask { (number, try await meeting.ask("echo", .integer(Int64(number)))) }
                }
                for try await (number, reply) in group { #expect(reply == number) }
            }
        }
    }

    @Test("We answer its requests, many in flight", arguments: AiomasCase.all)
    func itsCalls(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (number: Int) in number * 2 }
            let replies: [Int] = try await meeting.ask("call many", 500)
            #expect(replies == (0..<500).map { $0 * 2 })
            await meeting.channel.close()
            try await serving
        }
    }

    @Test("Both ends call at once on one connection, each from within the other's request", arguments: AiomasCase.all)
    func bothWays(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            // Ours calls its "call", which calls ours, and so on down to zero.
            async let serving: Void = meeting.channel.serve { (depth: Int) async throws -> Int in
                guard depth > 0 else { return 0 }
                let reply: Value = try await meeting.ask("call", .integer(Int64(depth - 1)))
                return 1 + (reply[1]?.integer ?? -1000)
            }
            let reply: Value = try await meeting.ask("call", 20)
            #expect(reply == ["result", 20])
            await meeting.channel.close()
            try await serving
        }
    }

    @Test("What fails there fails here, with its traceback down to the last line", arguments: AiomasCase.all)
    func itsFailure(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            let error = await #expect(throws: RemoteError.self) { try await meeting.ask("fail", "no such table") }
            #expect(error?.message.hasPrefix("Traceback (most recent call last):\n") == true)
            #expect(error?.message.hasSuffix("\nValueError: no such table\n") == true)

            // Longer than what is kept of a failure: the middle goes, the end stays.
            let long = String(repeating: "x", count: 20_000) + " and that is why"
            let cut = await #expect(throws: RemoteError.self) { try await meeting.ask("fail", .string(long)) }
            #expect(cut?.message.unicodeScalars.count == RemoteError.maximumMessageLength)
            #expect(cut?.message.hasSuffix("x and that is why\n") == true)

            let reply: String = try await meeting.ask("echo", "and the channel goes on")
            #expect(reply == "and the channel goes on")
        }
    }

    @Test("What fails here is a RemoteException there, with our text", arguments: AiomasCase.all)
    func ourFailure(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (_: String) throws -> String in
                throw Refusal(description: "no such täble")
            }
            let outcome: [String] = try await meeting.ask("call", "anything")
            #expect(outcome.prefix(2) == ["failure", "RemoteException"])
            #expect(outcome.last?.contains("no such täble") == true)
            await meeting.channel.close()
            try await serving
        }
    }

    @Test(
        "A failure of ours that is a list, as mosaik's are, is a RemoteException there, too",
        arguments: AiomasCase.all
    )
    func ourList(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.receive().fail(content: ["KeyError", "no such täble", "trace"])
            let outcome: [String] = try await meeting.ask("call", "anything")
            #expect(outcome.prefix(2) == ["failure", "RemoteException"])
            #expect(outcome.last?.contains("no such täble") == true, "\(outcome)")
            try await serving
        }
    }

    @Test("Content that is not what our handler takes fails that request alone", arguments: AiomasCase.all)
    func wrongContent(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (number: Int) in number }
            let outcome: [String] = try await meeting.ask("call", "not a number")
            #expect(outcome.prefix(2) == ["failure", "RemoteException"])
            let reply: Value = try await meeting.ask("call", 7)
            #expect(reply == ["result", 7])
            await meeting.channel.close()
            try await serving
        }
    }
}

/// What a handler throws on purpose.
struct Refusal: Error, CustomStringConvertible {
    var description: String
}

internal import SecureChannel
internal import Testing

struct Refusal: Error, CustomStringConvertible {
    var description: String
}

@Suite("A request that the other side fails", .serialized)
struct RemoteFailureTests {
    @Test("It ends with 1, and says what the other side said")
    func failure() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) -> Value in
                throw Refusal(description: "no such command: \(content)")
            }
        } _: { server in
            let outcome = try await Command.run("send", "\(server.address)", "[7]")
            #expect(outcome.isExit && outcome.status == 1)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("securechannel: "))
            #expect(outcome.errors.contains("no such command: [7]"))
            #expect(outcome.errors.contains("\(server.address)"))
        }
    }

    @Test("Replies before the failure are printed, requests after it are not sent")
    func failureInTheMiddle() async throws {
        let received = Counter()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) -> Value in
                guard await received.next() < 3 else { throw Refusal(description: "enough") }
                return content
            }
        } _: { server in
            let outcome = try await Command.run("send", "\(server.address)", "0", "--count", "9")
            #expect(outcome.status == 1)
            #expect(outcome.output == "0\n0\n")
            #expect(await received.count == 3)
        }
    }

    private actor Counter {
        var count = 0

        func next() -> Int {
            count += 1
            return count
        }
    }
}

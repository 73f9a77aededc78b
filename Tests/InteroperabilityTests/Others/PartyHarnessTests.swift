import Testing

@Suite("The harness of foreign parties")
struct PartyHarnessTests {
    @Test("A party that is there may run, silently", arguments: [true, false])
    func present(isCI: Bool) throws {
        let mayRunHere = try mayRun("aiomas", absence: nil, isCI: isCI) { _ in Issue.record("announced") }
        #expect(mayRunHere)
    }

    @Test("A missing party is skipped with one line, and a failure under CI")
    func missing() throws {
        var lines: [String] = []
        let mayRunHere = try mayRun("aiomas", absence: "not there", isCI: false) { lines.append($0) }
        #expect(!mayRunHere)
        #expect(throws: Missing(party: "aiomas", absence: "not there")) {
            _ = try mayRun("aiomas", absence: "not there", isCI: true) { lines.append($0) }
        }
        #expect(lines == ["SKIPPED: aiomas: not there", "SKIPPED: aiomas: not there"])
    }

    @Test("An error shows what the party wrote")
    func transcript() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await ForeignParty.run(["sh", "-c", "echo out; echo err >&2"]) { party in
                _ = try await party.errors.rest()
                _ = try await party.output.rest()
                try await party.report("anything")
            }
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("out\n\n--- standard error\nerr\n"))
    }
}

internal import Foundation
internal import SecureChannel
internal import Testing

@Suite("Progress on a terminal", .serialized)
struct BenchProgressTests {
    /// Measures until the terminal shows `text`, or to the end without one.
    private func run(columns: Int, until text: String?, environment: String, _ options: String...) async throws
        -> Outcome
    {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            let command = try Command(
                ["bench", "\(server.address)", "--json"] + (text == nil ? ["--duration", "300ms"] : []) + options,
                shell: "\(environment) exec \"$0\" \"$@\"",
                terminal: Terminal(columns: columns)
            )
            if let text {
                _ = await command.errors.until(text)
                command.signal(SIGINT)
            }
            return await command.end()
        }
    }

    /// What was drawn, each time over what was there before.
    private func draws(_ outcome: Outcome) -> [String] {
        outcome.errors.components(separatedBy: "\r").dropFirst().map {
            $0.replacingOccurrences(of: "\u{1B}[K", with: "")
        }
    }

    @Test(
        "A line tells how far it is, is drawn over itself, and is gone at the end; standard output has the result alone"
    )
    func wide() async throws {
        let outcome = try await run(columns: 80, until: " s left", environment: "TERM=xterm", "--duration", "50s")
        let draws = draws(outcome)
        #expect(draws.contains("warming up"))
        #expect(
            draws.contains { $0.wholeMatch(of: /\ \ \d % \[#*-+\] [\d,.]+ calls\/s, \d+ s left/) != nil },
            "\(draws)"
        )
        #expect(draws.last == "")
        #expect(!outcome.errors.contains("\n"))
        #expect(try BenchResult(outcome).ended == "interrupted")
    }

    @Test("By requests it tells their share")
    func requests() async throws {
        let outcome = try await run(columns: 80, until: " left", environment: "TERM=xterm", "--requests", "1000000000")
        #expect(draws(outcome).contains { $0.wholeMatch(of: /\ \ 0 % \[-+\] [\d,.]+ calls\/s, [\d:]+ left/) != nil })
    }

    @Test("No line is as wide as the terminal", arguments: [12, 30, 40])
    func narrow(columns: Int) async throws {
        let outcome = try await run(columns: columns, until: "0 %", environment: "TERM=xterm", "--duration", "50s")
        let draws = draws(outcome)
        #expect(draws.allSatisfy { $0.count < columns }, "\(draws)")
        #expect(draws.contains { $0.hasPrefix("  0 %") })
    }

    @Test("Nothing has a colour, with NO_COLOR and without", arguments: ["TERM=xterm", "TERM=xterm NO_COLOR=1"])
    func colours(environment: String) async throws {
        let outcome = try await run(columns: 80, until: " left", environment: environment, "--duration", "50s")
        #expect(outcome.errors.contains("\u{1B}["))
        #expect(!outcome.errors.replacingOccurrences(of: "\u{1B}[K", with: "").contains("\u{1B}"))
    }

    @Test(
        "A terminal that cannot write over a line, or of which nothing is known, shows nothing",
        arguments: ["TERM=dumb", "TERM=", "unset TERM;"]
    )
    func dumb(environment: String) async throws {
        let outcome = try await run(columns: 80, until: nil, environment: environment)
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(try BenchResult(outcome).ended == "completed")
    }

    @Test("With --verbose there are log lines in its place")
    func verbose() async throws {
        let outcome = try await run(columns: 80, until: nil, environment: "TERM=xterm", "--verbose")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("Connected.") && !outcome.errors.contains("\u{1B}"))
    }
}

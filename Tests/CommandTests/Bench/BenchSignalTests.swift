internal import Foundation
internal import SecureChannel
internal import Testing

@Suite("Load that is ended by a signal", .serialized)
struct BenchSignalTests {
    @Test(
        "What was measured until then is printed, and the signal ends the process",
        arguments: [SIGINT, SIGTERM],
        [[], ["--rate", "500", "--in-flight", "4"]]
    )
    func early(number: Int32, rate: [String]) async throws {
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                return content
            }
        } _: { server in
            let arguments = ["bench", "\(server.address)", "--duration", "1h", "--warm-up", "0"] + rate
            let json = try Command(arguments + ["--json"])
            await requests.reach(100)
            json.signal(number)
            let result = try BenchResult(await json.end())
            #expect(!result.outcome.isExit && result.outcome.status == number)
            #expect(result.ended == "interrupted" && result.outcome.errors == "")
            #expect(result.calls.map { $0 >= 90 } == true)

            let text = try Command(arguments)
            await requests.reach(await requests.count + 100)
            text.signal(number)
            let outcome = await text.end()
            #expect(!outcome.isExit && outcome.status == number)
            #expect(outcome.output.contains("early, by a signal") && outcome.output.contains("p99.99"))
        }
    }

    /// What the library tells programmers is of no use to who runs a command, and would go through the progress line.
    @Test("A machine that halts at times is told of with --verbose only")
    func halts() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            let arguments = ["bench", "\(server.address)", "--duration", "1h", "--warm-up", "0"]
            let verbose = try Command(arguments + ["--verbose"])
            let halting = Task {
                var count = 0
                while !Task.isCancelled {
                    await halt(verbose)
                    count += 1
                }
                return count
            }
            #expect(await verbose.errors.until("held an event loop").contains("held an event loop"))
            halting.cancel()
            let count = await halting.value
            verbose.signal(SIGINT)
            #expect(await verbose.end().output.contains("p99.99"))

            let brief = try Command(arguments)
            // Several times as many, so that silence is no accident.
            for _ in 0..<max(8, min(4 * count, 60)) { await halt(brief) }
            brief.signal(SIGINT)
            let outcome = await brief.end()
            #expect(outcome.output.contains("p99.99") && outcome.errors == "")
        }
    }

    /// Stops the process for longer than handlers may hold an event loop.
    private func halt(_ command: Command) async {
        try? await Task.sleep(for: .milliseconds(20))  // what it has between two halts
        command.signal(SIGSTOP)
        // The halt itself, whole even if it is the last.
        await Task { try? await Task.sleep(for: .milliseconds(80)) }.value
        command.signal(SIGCONT)
    }

    @Test("Replies that do not come are not waited for")
    func noReply() async throws {
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            for try await request in channel.requests {
                await requests.add(.null)
                if await requests.count > 7 {
                    await channel.waitUntilClosed()
                    withExtendedLifetime(request) {}
                    return
                }
                try await request.reply(1)
            }
        } _: { server in
            let command = try Command(["bench", "\(server.address)", "--requests", "100", "--json"])
            await requests.reach(8)
            command.signal(SIGINT)
            let result = try BenchResult(await command.end())
            #expect(!result.outcome.isExit && result.outcome.status == SIGINT)
            #expect(result.calls == 7 && result.ended == "interrupted")
            await server.shutDown(gracePeriod: .zero)
        }
    }

    @Test("With nothing measured there is nothing to print", arguments: [[], ["--retry", "1000"]])
    func beforeConnected(retry: [String]) async throws {
        let silent = try RawSocket(listening: true)
        let address = retry.isEmpty ? "tls://127.0.0.1:\(silent.port)" : "unix:/tmp/\(UUID().uuidString)"
        // The library tells of every try, and the command that it has its signals.
        let command = try Command(["bench", address, "--verbose"] + retry)
        _ = await command.errors.until("Connecting")
        command.signal(SIGINT)
        let outcome = await command.end()
        #expect(!outcome.isExit && outcome.status == SIGINT)
        #expect(outcome.output == "")
    }
}

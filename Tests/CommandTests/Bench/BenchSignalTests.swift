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

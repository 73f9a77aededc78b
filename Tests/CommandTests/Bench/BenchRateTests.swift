internal import SecureChannel
internal import Testing

@Suite("So many requests a second", .serialized)
struct BenchRateTests {
    @Test("Exactly as many are sent as the rate makes in the time, by all connections together")
    func count() async throws {
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                return content
            }
        } _: { server in
            let result = try await BenchResult.of(
                "\(server.address)",
                "--rate",
                "1000",
                "--duration",
                "500ms",
                "--warm-up",
                "0",
                "--connections",
                "3",
                "--in-flight",
                "20"
            )
            #expect(result.outcome.status == 0 && result.outcome.errors == "")
            #expect(result.calls == 500 && result.unsent == 0 && result.ended == "completed")
            #expect(await requests.count == 500)
            #expect(result.seconds >= 0.499)
            #expect(result["rate"] == 1000.0)
            let late = try #require(result["sentLate"])
            #expect(late["p50"]?.double.map { $0 >= 0 } == true)
            #expect(late["max"]?.double.map { $0 <= result.longest } == true)
        }
    }

    @Test("With --requests there are so many, however long it takes")
    func requests() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            let outcome = try await Command.run("bench", "\(server.address)", "--rate", "200", "--requests", "21")
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("calls      21 in "))
            #expect(outcome.output.contains(" calls/s of 200, "))
            #expect(outcome.output.contains("sent late  p50 "))
        }
    }

    @Test(
        "A server that stalls is seen to: latency counts from when a request was due, and what could not be sent is told"
    )
    func stall() async throws {
        let (requests, release) = (Requests(), Requests())
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                await release.reach(1)
                return content
            }
        } _: { server in
            let command = try Command([
                "bench", "\(server.address)", "--rate", "100", "--duration", "500ms", "--warm-up", "0", "--in-flight",
                "2",
                "--json",
            ])
            await requests.reach(2)
            // The stall itself, to beyond the second in which late requests are still sent.
            try await Task.sleep(for: .milliseconds(2000))
            await release.add(.null)
            let result = try BenchResult(await command.end())
            #expect(result.outcome.status == 0)
            #expect(result.calls == 2 && result.unsent == 48)
        }
    }

    @Test("Late requests are sent when the replies come, and count from their own times")
    func late() async throws {
        let (requests, release) = (Requests(), Requests())
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                await release.reach(1)
                return content
            }
        } _: { server in
            let command = try Command([
                "bench", "\(server.address)", "--rate", "100", "--requests", "50", "--in-flight", "1", "--json",
            ])
            await requests.reach(1)
            try await Task.sleep(for: .milliseconds(1500))  // the stall itself
            await release.add(.null)
            let result = try BenchResult(await command.end())
            #expect(result.outcome.status == 0)
            #expect(result.calls == 50 && result.unsent == 0)
            // All but the first were sent after the stall, and all were due in its first half second.
            #expect(result["p50"]?.double.map { $0 > 400_000 } == true, "\(result.outcome.output)")
        }
    }
}

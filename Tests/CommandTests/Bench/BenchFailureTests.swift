internal import Foundation
internal import SecureChannel
internal import Testing

@Suite("Load that fails", .serialized)
struct BenchFailureTests {
    @Test("What the other side fails is counted apart, the first is told, and the status is 1")
    func remote() async throws {
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                if await requests.count % 5 == 0 { throw Refusal(description: "not the fifth") }
                return content
            }
        } _: { server in
            let result = try await BenchResult.of("\(server.address)", "--requests", "100")
            #expect(result.outcome.isExit && result.outcome.status == 1)
            #expect(result.calls == 80 && result.failed == 20 && result.ended == "completed")
            #expect(
                result.outcome.errors.hasPrefix("securechannel: ") && result.outcome.errors.contains("not the fifth")
            )
            #expect(result.outcome.errors.contains("\(server.address)"))
            let text = try await Command.run("bench", "\(server.address)", "--requests", "100")
            #expect(text.status == 1)
            #expect(text.output.contains("failed  20 by the other side"))
        }
    }

    @Test("With nothing but failures there are no latencies", arguments: [[], ["--rate", "1000"]])
    func onlyFailures(rate: [String]) async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) -> Value in throw Refusal(description: "never") }
        } _: { server in
            let outcome = try await Command.run(["bench", "\(server.address)", "--requests", "10", "--json"] + rate)
            let result = try BenchResult(outcome)
            #expect(outcome.status == 1)
            #expect(result.calls == 0 && result.failed == 10)
            #expect(result["p50"]?.isNull == true && result["max"]?.isNull == true && result["histogram"]?.array == [])
            let text = try await Command.run("bench", "\(server.address)", "--requests", "10")
            #expect(text.output.contains("calls   0 in ") && !text.output.contains("latency"))
        }
    }

    @Test("A line that breaks ends it with 3, and what was measured until then is printed")
    func brokenLine() async throws {
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            for try await request in channel.requests {
                await requests.add(.null)
                if await requests.count > 7 {
                    await channel.close()
                    withExtendedLifetime(request) {}
                    return
                }
                try await request.reply(1)
            }
        } _: { server in
            let result = try await BenchResult.of("\(server.address)", "--duration", "1h", "--warm-up", "0")
            #expect(result.outcome.isExit && result.outcome.status == 3)
            #expect(result.calls == 7 && result.ended == "failed")
            #expect(result.outcome.errors.contains("closed by the peer"))
        }
    }

    @Test("One line that breaks ends the others, too", arguments: [[], ["--rate", "1000"]])
    func oneOfSeveral(rate: [String]) async throws {
        let channels = Requests()
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            await channels.add(.null)
            let isLast = await channels.count == 4
            if isLast {
                await requests.reach(50)
                return
            }
            try await channel.serve { (content: Value) in
                await requests.add(content)
                return content
            }
        } _: { server in
            let outcome = try await Command.run(
                ["bench", "\(server.address)", "--duration", "1h", "--warm-up", "0", "--connections", "4"] + rate
            )
            #expect(outcome.isExit && outcome.status == 3)
            #expect(outcome.output.contains("early, by an error"))
            #expect(outcome.errors.contains("closed"))
        }
    }

    @Test("No reply within --timeout ends it with 3; with nothing measured there is nothing to print")
    func noReply() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            let request = try await channel.receive()
            await channel.waitUntilClosed()
            withExtendedLifetime(request) {}
        } _: { server in
            let outcome = try await Command.run(
                "bench",
                "\(server.address)",
                "--duration",
                "100ms",
                "--warm-up",
                "0",
                "--timeout",
                "0.4"
            )
            #expect(outcome.isExit && outcome.status == 3)
            #expect(outcome.output == "")
            #expect(outcome.errors.contains("replyTimedOut"))
            await server.shutDown(gracePeriod: .zero)
        }
    }

    @Test("A line that breaks while warming up ends it, too")
    func brokenWarmUp() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            let request = try await channel.receive()
            await channel.close()
            withExtendedLifetime(request) {}
        } _: { server in
            let outcome = try await Command.run("bench", "\(server.address)", "--duration", "1h", "--warm-up", "1h")
            #expect(outcome.isExit && outcome.status == 3)
            #expect(outcome.output == "")
        }
    }

    @Test("Where nobody listens it ends with 3, and --retry finds who comes later")
    func refused() async throws {
        let nobody = try RawSocket(listening: false)
        let outcome = try await Command.run("bench", "tcp://127.0.0.1:\(nobody.port)", "--connections", "40")
        #expect(outcome.isExit && outcome.status == 3)
        #expect(outcome.output == "" && outcome.errors.contains("refused"))

        let directory = try TemporaryDirectory()
        let address = "unix:\(directory.path)/socket"
        let bench = try Command(["bench", address, "--requests", "5", "--retry", "50", "--verbose", "--json"])
        _ = await bench.errors.until("trying again")
        try await withServing([address]) { _, _ in
            let result = try BenchResult(await bench.end())
            #expect(result.outcome.status == 0 && result.calls == 5)
        }
    }

    @Test("TLS that cannot work or is refused ends it with 4")
    func tls() async throws {
        let (made, others) = (try await MadeCertificates(), try await MadeCertificates())
        try await withServing(["tls://localhost:0"] + made.server + made.authority) { _, address in
            let untrusted = try await Command.run(["bench", address, "--requests", "5"] + others.authority)
            #expect(untrusted.isExit && untrusted.status == 4)
            #expect(untrusted.output == "" && untrusted.errors.contains("trust"))
            let unproved = try await Command.run(["bench", address, "--requests", "5"] + made.authority)
            #expect(unproved.isExit && unproved.status == 4)
            #expect(unproved.output == "" && unproved.errors.contains("client certificate"))
        }
        let missing = try await Command.run("bench", "tls://localhost:1", "--authority", "missing.pem")
        #expect(missing.isExit && missing.status == 4)
    }

    @Test("No TLS handshake within --timeout ends it with 3")
    func noHandshake() async throws {
        let silent = try RawSocket(listening: true)
        let outcome = try await Command.run("bench", "tls://127.0.0.1:\(silent.port)", "--timeout", "0.4")
        #expect(outcome.isExit && outcome.status == 3)
        #expect(outcome.output == "" && outcome.errors.contains("handshake"))
    }
}

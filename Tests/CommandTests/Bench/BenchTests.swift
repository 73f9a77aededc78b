internal import Foundation
internal import SecureChannel
internal import Synchronization
internal import Testing

@Suite("A server under load", .serialized)
struct BenchTests {
    private func withEcho(_ body: @escaping @Sendable (String, Requests) async throws -> Void) async throws {
        let requests = Requests()
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                return content
            }
        } _: { server in
            try await body("\(server.address)", requests)
        }
    }

    // MARK: What it prints

    @Test(
        "A table for people, over every transport and codec, and nothing else is said",
        arguments: Travel.allCases,
        ["msgpack", "json"]
    )
    func table(travel: Travel, codec: String) async throws {
        let made = try await MadeCertificates()
        try await withServing(travel.serving(made) + ["--codec", codec]) { _, address in
            let outcome = try await Command.run(
                ["bench", address, "--requests", "300", "--codec", codec] + travel.sending(made)
            )
            #expect(outcome.status == 0 && outcome.errors == "")
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix(address) == true)
            #expect(lines.first?.contains("TLSv1.3 with TLS_") == (travel == .tls || travel == .mutualTLS))
            for text in [
                "load    1 connection, 1 in flight, 64 bytes of content, 1 thread", "set-up  ", "calls   300 in ",
                "rate    ",
                "latency  mean ", "p50 ", "p90 ", "p99 ", "p99.9 ", "p99.99 ", "max ", "from ", "#",
            ] { #expect(outcome.output.contains(text), "\(text) is not in \(outcome.output)") }
            for text in ["failed", "unsent", "sent late", "ended"] { #expect(!outcome.output.contains(text)) }
            #expect(outcome.output.hasSuffix("\n") && !outcome.output.hasSuffix("\n\n"))
        }
    }

    @Test("With --json one line of JSON")
    func json() async throws {
        try await withEcho { address, _ in
            let result = try await BenchResult.of(address, "--requests", "200", "--in-flight", "2")
            #expect(result.outcome.status == 0 && result.outcome.errors == "")
            #expect(result.outcome.output.split(separator: "\n").count == 1)
            #expect(result["address"]?.string == address)
            #expect(result["tls"]?.isNull == true && result["cipher"]?.isNull == true && result["rate"]?.isNull == true)
            #expect(result["connections"] == 1 && result["inFlight"] == 2 && result["threads"] == 1)
            #expect(result["contentBytes"] == 64)
            #expect(result.calls == 200 && result.failed == 0 && result.unsent == 0 && result.ended == "completed")
            let latencies = ["p50", "p90", "p99", "p999", "p9999", "max"].compactMap { result[$0]?.double }
            #expect(latencies.count == 6 && latencies == latencies.sorted() && latencies[0] > 0)
            #expect(result["mean"]?.double.map { $0 > 0 && $0 <= result.longest } == true)
            let rows = try #require(result["histogram"]?.array)
            #expect(rows.reduce(0) { $0 + ($1["calls"]?.integer ?? 0) } == 200)
            #expect(rows.allSatisfy { ($0["from"]?.double ?? 1) < ($0["to"]?.double ?? 0) })
            let rate = try #require(result["callsPerSecond"]?.double)
            // All calls in all the time, but for what is lost where both are rounded to thousandths.
            let lost = 0.001 * (rate + result.seconds)
            #expect(rate > 0 && abs(rate * result.seconds - 200) < lost, "\(rate) in \(result.seconds)")
            let sent = try #require(result["mebibytesPerSecond"]?.double)
            #expect(abs(sent - rate * 64 / 1_048_576) < 0.001)
            #expect(result["setUpSeconds"]?.double.map { $0 >= 0 } == true)
            #expect(result["setUpMedian"]?.double.map { $0 > 0 } == true)
        }
    }

    // MARK: What it sends

    @Test("--requests is what the server is asked in all, over all connections, each at least once")
    func requests() async throws {
        let (requests, channels) = (Requests(), Requests())
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            await channels.add(.null)
            try await channel.serve { (content: Value) in
                await requests.add(content)
                return content
            }
        } _: { server in
            let result = try await BenchResult.of(
                "\(server.address)",
                "--requests",
                "1001",
                "--connections",
                "3",
                "--in-flight",
                "4"
            )
            #expect(result.outcome.status == 0)
            #expect(result.calls == 1001)
            #expect(await requests.count == 1001)
            #expect(await channels.count == 3)
            #expect(result["connections"] == 3)
        }
    }

    @Test("--in-flight is how many requests a connection has open at once")
    func inFlight() async throws {
        let open = Requests()
        let most = Mutex(0)
        let now = Atomic(0)
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                let count = now.add(1, ordering: .relaxed).newValue
                most.withLock { $0 = max($0, count) }
                await open.add(content)
                await open.reach(5)  // with fewer in flight there is no first reply
                now.subtract(1, ordering: .relaxed)
                return content
            }
        } _: { server in
            let result = try await BenchResult.of(
                "\(server.address)",
                "--requests",
                "50",
                "--in-flight",
                "5",
                "--timeout",
                "60"
            )
            #expect(result.outcome.status == 0, "\(result.outcome.errors)")
            #expect(result.calls == 50)
            #expect(most.withLock(\.self) == 5)
        }
    }

    @Test("--size is the size of each request's bytes", arguments: [0, 1, 1_000_000])
    func size(size: Int) async throws {
        try await withEcho { address, requests in
            let result = try await BenchResult.of(address, "--requests", "3", "--size", "\(size)")
            #expect(result.outcome.status == 0)
            #expect(result["contentBytes"]?.integer == size)
            #expect(await requests.contents.map(\.binary?.count) == [size, size, size])
        }
    }

    @Test("--content is sent in place of bytes, in the codec, whose bytes are counted")
    func content() async throws {
        try await withEcho { address, requests in
            let json = #"{"command": "status", "of": [1, -2.5, null]}"#
            let result = try await BenchResult.of(address, "--requests", "2", "--content", json)
            #expect(result.outcome.status == 0)
            let value = try Value(json: json)
            #expect(await requests.contents == [value, value])
            // 1 for the map, 8 and 7 for the first pair, 3 for the next key, 1, 1, 9 and 1 for its array.
            #expect(result["contentBytes"] == 31)
        }
    }

    @Test("Replies may be anything, since nobody reads them")
    func replies() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in [Value.null, .timestamp(seconds: 5, nanoseconds: 6)] }
        } _: { server in
            let result = try await BenchResult.of("\(server.address)", "--requests", "5", "--content", "-5")
            #expect(result.outcome.status == 0 && result.calls == 5)
        }
    }

    @Test(
        "--threads is how many event loops there are, no more than connections",
        arguments: [(1, 3, 1), (2, 3, 2), (5, 2, 2)]
    )
    func threads(threads: Int, connections: Int, used: Int) async throws {
        try await withEcho { address, _ in
            let result = try await BenchResult.of(
                address,
                "--requests",
                "50",
                "--threads",
                "\(threads)",
                "--connections",
                "\(connections)"
            )
            #expect(result.outcome.status == 0 && result.calls == 50)
            #expect(result["threads"]?.integer == used)
        }
    }

    // MARK: How long

    @Test("--duration ends it, also with more requests to send")
    func duration() async throws {
        try await withEcho { address, requests in
            let result = try await BenchResult.of(
                address,
                "--duration",
                "300ms",
                "--warm-up",
                "0s",
                "--requests",
                "1000000000000"
            )
            #expect(result.outcome.status == 0 && result.ended == "completed")
            #expect(result.seconds >= 0.3)
            #expect(await result.calls == requests.count)
        }
    }

    @Test("--requests ends it, also with more time left")
    func requestsBeforeDuration() async throws {
        try await withEcho { address, requests in
            let result = try await BenchResult.of(address, "--duration", "1h", "--requests", "10")
            #expect(result.outcome.status == 0 && result.calls == 10 && result.ended == "completed")
            #expect(await requests.count == 10)
        }
    }

    @Test("What is sent to warm up is not counted")
    func warmUp() async throws {
        try await withEcho { address, requests in
            let explicit = try await BenchResult.of(address, "--requests", "10", "--warm-up", "100ms")
            #expect(explicit.calls == 10)
            #expect(await requests.count > 10)
            let before = await requests.count
            let byDefault = try await BenchResult.of(address, "--duration", "100ms")
            #expect(byDefault.seconds < 0.5 || byDefault.longest > 100_000, "the warm-up's time was counted")
            let during = await requests.count - before
            #expect(byDefault.calls.map { $0 < during } == true)
        }
    }

    @Test("What was begun before the end is waited for")
    func lastReplies() async throws {
        let (requests, release) = (Requests(), Requests())
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in
                await requests.add(content)
                await release.reach(1)
                return content
            }
        } _: { server in
            let command = try Command(["bench", "\(server.address)", "--duration", "50ms", "--warm-up", "0", "--json"])
            await requests.reach(1)
            try await Task.sleep(for: .milliseconds(200))  // beyond the end
            await release.add(.null)
            let result = try BenchResult(await command.end())
            #expect(result.outcome.status == 0)
            #expect(result.calls == 1)
        }
    }

    @Test("A reader of the result that has seen enough is no error")
    func closedPipe() async throws {
        try await withEcho { address, _ in
            let command = try Command(
                ["bench", address, "--requests", "10"],
                shell: #"{ "$0" "$@"; echo "status $?" >&2; } | true"#
            )
            #expect(await command.end().errors == "status 0\n")
        }
    }
}

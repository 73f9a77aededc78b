import SecureChannel
import Testing

/// What would wait for itself, and is bounded by 10 s and 30 s if it does.
@Suite("Ending a channel or a server from within", .timeLimit(.minutes(1)))
struct EndingWithinTests {
    private let longest = Duration.seconds(9)

    /// The grace and drain timeouts of nobody are reached.
    private let patient = ServerConfiguration(channel: ChannelConfiguration(drainTimeout: .seconds(1000)))

    private func expectSoon<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        let begin = ContinuousClock.now
        let result = try await body()
        #expect(ContinuousClock.now - begin < longest)
        return result
    }

    @Test(
        "A handler may drain its channel: it does not wait for itself, and its reply arrives",
        arguments: TransportKind.allCases
    )
    func drain(_ kind: TransportKind) async throws {
        try await withPair(kind, server: patient) { channel in
            try await channel.serve { (text: String, request) in
                await request.channel.drain()
                return text
            }
        } _: { channel, _ in
            try await expectSoon {
                let reply: String = try await channel.send("a")
                #expect(reply == "a")
                await channel.waitUntilClosed()
            }
        }
    }

    @Test(
        "Handlers that drain together do not wait for one another, nor for what waits behind them",
        arguments: [1, 2, 64]
    )
    func together(maximumConcurrency: Int) async throws {
        try await withPair(.tcp, server: patient) { channel in
            try await channel.serve(maximumConcurrency: maximumConcurrency) { (number: Int, request) in
                if number >= 0 { await request.channel.drain() }
                return number
            }
        } _: { channel, _ in
            try await expectSoon {
                // Written in one turn, so that all have arrived when the first drains.
                let replies = try await Task(executorPreference: channel.taskExecutor) {
                    try await withThrowingTaskGroup(of: Int.self) { group in
                        for number in [1, 2, -3, 4, -5, 6] { group.addTask { try await channel.send(number) } }
                        return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                    }
                }.value
                #expect(replies == [1, 2, -3, 4, -5, 6])
                await channel.waitUntilClosed()
            }
        }
    }

    @Test("A handler that drains waits for the others")
    func others() async throws {
        let (began, gate, drained) = (Gate(), Gate(), Gate())
        let seen = Seen()
        try await withPair(.tcp, server: patient) { channel in
            try await channel.serve { (text: String, request) in
                if text == "quick" { return text }
                if text == "slow" {
                    began.open()
                    await gate.wait()
                } else {
                    await request.channel.drain()
                    drained.open()
                }
                seen.note(text)
                return text
            }
        } _: { channel, _ in
            async let slow: String = channel.send("slow")
            await began.wait()
            async let draining: String = channel.send("drain")
            // Further requests are refused once it drains.
            await #expect(throws: RemoteError.self) { while true { let _: String = try await channel.send("quick") } }
            #expect(seen.entries.isEmpty)
            gate.open()
            await drained.wait()
            let replies = try await [slow, draining]
            #expect(replies == ["slow", "drain"])
            #expect(seen.entries == ["slow", "drain"])
        }
    }

    @Test("A task that a handler leaves behind waits for the end like everybody")
    func leftBehind() async throws {
        let (asked, isClosed) = (Gate(), Gate())
        try await withPair(.tcp, server: patient) { channel in
            try await channel.serve { (text: String, request) in
                Task {
                    await request.channel.drain()
                    isClosed.open()
                }
                asked.open()
                return text
            }
        } _: { channel, _ in
            let reply: String = try await channel.send("a")
            #expect(reply == "a")
            await expectSoon {
                await isClosed.wait()
                await channel.waitUntilClosed()
            }
        }
    }

    @Test("A handler may close its channel; it is not answered then")
    func close() async throws {
        let isClosed = Gate()
        try await withPair(.tcp, server: patient) { channel in
            try await channel.serve { (text: String, request) in
                await request.channel.close()
                isClosed.open()
                return text
            }
        } _: { channel, _ in
            await expectSoon {
                let error = await #expect(throws: ChannelError.self) { let _: String = try await channel.send("a") }
                #expect(error?.code == .connectionClosed)
                await isClosed.wait()
            }
        }
    }

    private final class Holder: Sendable {
        private let (servers, continuation) = AsyncStream.makeStream(of: Server.self)

        func hold(_ server: Server) { continuation.yield(server) }
        var server: Server? { get async { await servers.first { _ in true } } }
    }

    @Test(
        "A handler may shut its server down: all others end, its reply arrives, and then the server is over",
        arguments: TransportKind.allCases,
        [Duration.zero, .seconds(1000)]
    )
    func shutDown(_ kind: TransportKind, gracePeriod: Duration) async throws {
        let holder = Holder()
        let addresses = try kind.makeAddresses()
        let server = try await startServer(addresses.server, configuration: patient) { channel in
            try await channel.serve { (text: String) in
                if text == "end" { await holder.server?.shutDown(gracePeriod: gracePeriod) }
                return text
            }
        }
        holder.hold(server)
        try await expectSoon {
            let other = try await openChannel(addresses.client(server.address))
            let first: String = try await other.send("a")
            #expect(first == "a")
            let channel = try await openChannel(addresses.client(server.address))
            let reply: String = try await channel.send("end")
            #expect(reply == "end")
            await other.waitUntilClosed()
            await channel.waitUntilClosed()
            await server.waitUntilShutDown()
            #expect(server.channels.isEmpty)
        }
    }

    @Test("Handlers of several channels that shut the server down do not wait for one another")
    func shutDownTogether() async throws {
        let began = Counter()
        let isBegun = Gate()
        let holder = Holder()
        let server = try await startServer(.tcp("127.0.0.1", 0), configuration: patient) { channel in
            try await channel.serve { (number: Int) in
                began.increment()
                if began.value == 3 { isBegun.open() }
                await isBegun.wait()
                await holder.server?.shutDown(gracePeriod: .seconds(1000))
                return number
            }
        }
        for _ in 0..<3 { holder.hold(server) }
        try await expectSoon {
            let replies = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...3 {
                    group.addTask { try await withChannel(server.address) { try await $0.send(number) } }
                }
                return try await group.reduce(0, +)
            }
            #expect(replies == 6)
            await server.waitUntilShutDown()
        }
    }

    @Test("So may onChannel, and a server in a handler of another's")
    func nested() async throws {
        let holder = Holder()
        let outer = try await startServer(.tcp("127.0.0.1", 0), configuration: patient) { channel in
            try await channel.serve { (text: String) in
                try await withServer(.tcp("127.0.0.1", 0), configuration: patient) { channel in
                    try await channel.serve { (text: String) in text + "!" }
                } _: { inner in
                    try await withChannel(inner.address) { try await $0.send(text) as String }
                }
            }
            await holder.server?.shutDown(gracePeriod: .seconds(1000))
        }
        holder.hold(outer)
        try await expectSoon {
            try await withChannel(outer.address) { channel in
                let reply: String = try await channel.send("a")
                #expect(reply == "a!")
            }
            await outer.waitUntilShutDown()
        }
    }
}

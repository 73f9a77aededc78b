import Testing

import struct NIOCore.TimeAmount

@testable import SecureChannel

/// A length of time that nobody means, and that a program may give all the same.
struct ExtremeDuration: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let duration: Duration

    var isNegative: Bool { duration < .zero }
    var isLong: Bool { duration > .seconds(1) }

    static let all = [
        ExtremeDuration(testDescription: "the longest", duration: Duration(attoseconds: .max)),
        ExtremeDuration(testDescription: "the most seconds", duration: .seconds(Int64.max)),
        ExtremeDuration(testDescription: "the most nanoseconds", duration: .nanoseconds(Int64.max)),
        ExtremeDuration(testDescription: "the shortest", duration: Duration(attoseconds: 1)),
        ExtremeDuration(testDescription: "nothing", duration: .zero),
        ExtremeDuration(testDescription: "less than nothing", duration: Duration(attoseconds: -1)),
        ExtremeDuration(testDescription: "minus one second", duration: .seconds(-1)),
        ExtremeDuration(testDescription: "the fewest seconds", duration: .seconds(Int64.min)),
        ExtremeDuration(testDescription: "the least", duration: Duration(attoseconds: .min)),
    ]
}

/// One of the public durations.
struct DurationSetting: Sendable, CustomTestStringConvertible {
    struct Ends {
        var client = ChannelConfiguration()
        var server = ServerConfiguration(onAccept: { _ in })
    }

    let testDescription: String
    /// Whether nothing at all is a value that it may have.
    var takesZero = false
    /// Whether values that it cannot have are brought within what it can.
    var isClamped = false
    /// The longest that it may be, if that is not everything.
    var maximum: Duration?
    let set: @Sendable (Duration, inout Ends) -> Void

    init(
        _ name: String,
        takesZero: Bool = false,
        isClamped: Bool = false,
        maximum: Duration? = nil,
        set: @escaping @Sendable (Duration, inout Ends) -> Void
    ) {
        self.testDescription = name
        self.takesZero = takesZero
        self.isClamped = isClamped
        self.maximum = maximum
        self.set = set
    }

    func takes(_ duration: Duration) -> Bool {
        if isClamped { return true }
        if let maximum, duration > maximum { return false }
        return duration > .zero || takesZero && duration == .zero
    }

    static let all = [
        DurationSetting("connectTimeout") { $1.client.connectTimeout = $0 },
        DurationSetting("retryTimeout", takesZero: true) { $1.client.retryTimeout = $0 },
        DurationSetting("replyTimeout") { $1.client.replyTimeout = $0 },
        DurationSetting("writeTimeout") { $1.client.writeTimeout = $0 },
        DurationSetting("drainTimeout") { $1.client.drainTimeout = $0 },
        DurationSetting("drain(after:)", takesZero: true) { $1.client.afterReload = .drain(after: $0) },
        DurationSetting("keepAlive.idle", isClamped: true) { $1.client.socket.keepAlive?.idle = $0 },
        DurationSetting("keepAlive.interval", isClamped: true) { $1.client.socket.keepAlive?.interval = $0 },
        DurationSetting("userTimeout", isClamped: true) { $1.client.socket.userTimeout = $0 },
        DurationSetting("the server's writeTimeout") { $1.server.channel.writeTimeout = $0 },
        DurationSetting("the server's drainTimeout") { $1.server.channel.drainTimeout = $0 },
        DurationSetting("the server's drain(after:)", takesZero: true) {
            $1.server.channel.afterReload = .drain(after: $0)
        },
        DurationSetting("acceptTimeout", maximum: .seconds(3600)) { $1.server.acceptTimeout = $0 },
    ]
}

@Suite("Durations at their extremes", .timeLimit(.minutes(2)))
struct DurationTests {
    @Test(
        "Every duration of a configuration is refused or works, however long or short it is",
        arguments: DurationSetting.all,
        ExtremeDuration.all
    )
    func configurations(_ setting: DurationSetting, _ extreme: ExtremeDuration) async throws {
        var ends = DurationSetting.Ends()
        setting.set(extreme.duration, &ends)
        do {
            try await withPair(.mutualTLS, server: ends.server, client: ends.client) {
                try await $0.serve { (text: String) in text }
            } _: { channel, server in
                let reply: String = try await channel.send("a")
                #expect(reply == "a")
                for channel in server.channels { await channel.drain() }
            }
            #expect(setting.takes(extreme.duration))
        } catch let error as ChannelError where error.code == .invalidConfiguration {
            #expect(!setting.takes(extreme.duration), "\(error)")
            let name = setting.testDescription.split(separator: " ").last.map(String.init) ?? ""
            #expect(error.message.contains(name.hasPrefix("drain(") ? "afterReload" : name), "\(error)")
        } catch let error as ChannelError {
            // Nothing can be done in an attosecond, and that is said.
            #expect(!extreme.isLong, "\(error)")
        } catch let error as RemoteError where error.wasNotBegun {
            #expect(!extreme.isLong, "\(error)")
        }
    }

    @Test("A reload drains channels after any delay", arguments: ExtremeDuration.all.filter { !$0.isNegative })
    func drainAfterReload(_ extreme: ExtremeDuration) async throws {
        let party = try Party()
        let tls = try party.server()
        let configuration = ServerConfiguration(channel: .init(afterReload: .drain(after: extreme.duration)))
        try await withServer(.tls("127.0.0.1", 0, tls), configuration: configuration) { channel in
            try await channel.serve { (text: String) in text }
        } _: { server in
            let client = try await openChannel(
                .tls("127.0.0.1", server.address.port ?? 0, party.client())
            )
            let reply: String = try await client.send("a")
            #expect(reply == "a")
            try party.renew(tls)
            if !extreme.isLong { await client.waitUntilClosed() }
            await client.close()
        }
    }

    @Test("A call with any timeout ends: by its reply, or without one in time", arguments: ExtremeDuration.all)
    func send(_ extreme: ExtremeDuration) async throws {
        let gate = Gate()
        try await withPair(.tcp) { channel in
            try await channel.serve { (waits: Bool) in
                if waits { await gate.wait() }
                return waits
            }
        } _: { channel, _ in
            if extreme.isLong {
                let reply: Bool = try await channel.send(false, timeout: extreme.duration)
                #expect(!reply)
            } else {
                for isOnLoop in [false, true] {
                    let call =
                        isOnLoop
                        ? Task(executorPreference: channel.taskExecutor) {
                            try await channel.send(true, timeout: extreme.duration) as Bool
                        }
                        : Task { try await channel.send(true, timeout: extreme.duration) as Bool }
                    let error = await #expect(throws: ChannelError.self) { try await call.value }
                    #expect(error?.code == .replyTimedOut)
                }
                await #expect(throws: ChannelError.self) { try await channel.send(true, timeout: extreme.duration) }
            }
            gate.open()
        }
    }

    @Test("A shutdown with any grace period ends", arguments: ExtremeDuration.all)
    func shutDown(_ extreme: ExtremeDuration) async throws {
        let server = try await startServer(.tcp("127.0.0.1", 0)) { try await $0.serve { (text: String) in text } }
        let channel = try await openChannel(server.address)
        let reply: String = try await channel.send("a")
        #expect(reply == "a")
        await server.shutDown(gracePeriod: extreme.duration)
        await channel.waitUntilClosed()
        #expect(server.channels.isEmpty)
    }

    @Test("A look at a server with any patience ends", arguments: ExtremeDuration.all)
    func inspect(_ extreme: ExtremeDuration) async throws {
        try await withServer(.tls("127.0.0.1", 0, TestPKI.shared.server), onChannel: { await $0.waitUntilClosed() }) {
            let address = Address.tls("127.0.0.1", $0.address.port ?? 0, TestPKI.shared.client)
            let inspection = try await inspectTLS(address, patience: extreme.duration)
            switch inspection.reception {
            case .accepted: break
            case .silent: #expect(!extreme.isLong)
            default: Issue.record("\(inspection.reception)")
            }
        }
    }

    @Test("What timers are given is between nothing and a century")
    func bounds() {
        for extreme in ExtremeDuration.all {
            let amount = TimeAmount.bounded(extreme.duration)
            #expect(amount >= .zero && amount <= .seconds(3_155_760_000))
        }
        #expect(TimeAmount.bounded(.milliseconds(1)) == .milliseconds(1))
    }

    @Test("Pauses between attempts are short, however long they go on", arguments: ExtremeDuration.all)
    func retries(_ extreme: ExtremeDuration) {
        var schedule = RetrySchedule(limit: extreme.duration)
        let first = schedule.next(elapsed: .seconds(1), jitter: 1)
        #expect((first == nil) == !extreme.isLong)
        #expect((first ?? .zero) <= .seconds(1))
    }
}

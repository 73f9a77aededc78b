import Foundation
import SecureChannel
import Testing

@Suite("Calls over every transport", .timeLimit(.minutes(2)))
struct CallTests {
    @Test("A request gets its reply", arguments: TransportKind.allCases)
    func requestAndReply(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (name: String) in "Hello, \(name)!" }
        } _: { channel, _ in
            let reply: String = try await channel.send("world")
            #expect(reply == "Hello, world!")
        }
    }

    @Test("Many calls in flight get each its own reply", arguments: TransportKind.allCases)
    func manyCalls(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int) in number * 2 }
        } _: { channel, _ in
            try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for number in 0..<3000 {
                    group.addTask { (number, try await channel.send(number)) }
                }
                for try await (number, reply) in group { #expect(reply == number * 2) }
            }
        }
    }

    @Test(
        "Replies that take longer than a brief wait arrive, each at its own caller",
        arguments: TransportKind.allCases
    )
    func slowReplies(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                try await Task.sleep(for: .milliseconds(number % 40))
                return number * 2
            }
        } _: { channel, _ in
            try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for number in 0..<300 {
                    group.addTask(executorPreference: channel.taskExecutor) { (number, try await channel.send(number)) }
                }
                for try await (number, reply) in group { #expect(reply == number * 2) }
            }
        }
    }

    @Test("A call on the event loop can be cancelled however long it has waited", arguments: [0, 5, 50])
    func cancellation(milliseconds: Int) async throws {
        let configuration = ServerConfiguration(channel: ChannelConfiguration(drainTimeout: .milliseconds(50)))
        try await withPair(.tcp, server: configuration) { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                if number == 0 { try await Task.sleep(for: .seconds(30)) }
                return number
            }
        } _: { channel, _ in
            let call = Task(executorPreference: channel.taskExecutor) { () async throws -> Int in
                try await channel.send(0)
            }
            try await Task.sleep(for: .milliseconds(milliseconds))
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            let other: Int = try await channel.send(5)
            #expect(other == 5)
            await channel.close()
        }
    }

    @Test("Both ends call at once on one connection", arguments: TransportKind.allCases)
    func bothWays(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                number == 0 ? 0 : 1 + (try await channel.send(number - 1))
            }
        } _: { channel, _ in
            async let serving: Void = channel.serve { (number: Int) async throws -> Int in
                number == 0 ? 0 : 1 + (try await channel.send(number - 1))
            }
            let depth: Int = try await channel.send(50)
            #expect(depth == 50)
            await channel.close()
            try await serving
        }
    }

    @Test("A large message arrives whole", arguments: TransportKind.allCases)
    func large(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (data: Data) in data }
        } _: { channel, _ in
            for size in [0, 1, 16384, 70000, 1 << 20, 3 << 20] {
                let data = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                let reply: Data = try await channel.send(data)
                #expect(reply == data)
            }
        }
    }

    @Test("A handler that throws fails the request, and only that", arguments: TransportKind.allCases)
    func failure(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int) throws -> Int in
                guard number > 0 else { throw Refusal(description: "not positive") }
                return number
            }
        } _: { channel, _ in
            let error = await #expect(throws: RemoteError.self) { let _: Int = try await channel.send(-1) }
            #expect(error?.message == "not positive")
            let reply: Int = try await channel.send(7)
            #expect(reply == 7)
        }
    }

    @Test("A handler on the event loop may sleep and call back", arguments: TransportKind.allCases)
    func suspending(_ kind: TransportKind) async throws {
        try await withPair(kind) { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                try await Task.sleep(for: .milliseconds(number % 3))
                return number
            }
        } _: { channel, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let reply: Int = try await channel.send(number)
                        #expect(reply == number)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

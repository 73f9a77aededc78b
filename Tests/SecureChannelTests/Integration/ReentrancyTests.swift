import Foundation
import Synchronization
import Testing

@testable import SecureChannel

/// Content and codecs are anybody's code, run on the event loop in the middle of what the channel does.
@Suite("Code that calls back while a message is encoded or decoded", .timeLimit(.minutes(1)))
struct ReentrancyTests {
    /// Does something when it is encoded, then encodes a text.
    private struct Acting: Encodable, Sendable {
        var text: String
        var fails = false
        let action: @Sendable () -> Void

        func encode(to encoder: any Encoder) throws {
            action()
            if fails { throw Refusal(description: "not encodable") }
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }

    /// What happens in the middle of it.
    private enum Act: String, CaseIterable {
        case call, largeCall, severalCalls, nestedCall, callThenFail
    }

    private final class Replies: Sendable {
        private let tasks = Mutex<[Task<String, any Error>]>([])

        /// Begins a call at once, where the caller is.
        func call(_ text: String, on channel: Channel) {
            let task = Task.immediate(executorPreference: channel.taskExecutor) {
                try await channel.send(text) as String
            }
            tasks.withLock { $0.append(task) }
        }

        func call(_ content: Acting, on channel: Channel) {
            let task = Task.immediate(executorPreference: channel.taskExecutor) {
                try await channel.send(content) as String
            }
            tasks.withLock { $0.append(task) }
        }

        var all: [String] {
            get async throws {
                var replies: [String] = []
                for task in tasks.withLock({ $0 }) { replies.append(try await task.value) }
                return replies.sorted()
            }
        }
    }

    private func echo(_ channel: Channel) async throws {
        try await channel.serve { (text: String) in text }
    }

    /// Runs `body` on the channel's event loop.
    private func onLoop<Result: Sendable>(
        of channel: Channel,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await Task(executorPreference: channel.taskExecutor) { try await body() }.value
    }

    @Test(
        "A request that calls while it is encoded gets its own reply, and so does each of its calls",
        arguments: Act.allCases,
        [1, 2, 1024]
    )
    private func calls(_ act: Act, places: Int) async throws {
        let large = String(repeating: "x", count: 100_000)
        let client = ChannelConfiguration(maximumOutboundCalls: places)
        try await withPair(.tcp, client: client, onChannel: echo) { channel, _ in
            let replies = Replies()
            let once = Mutex(false)
            let content = Acting(text: "outer", fails: act == .callThenFail) {
                // A request that has to wait for its turn is encoded once more.
                guard
                    !once.withLock({ isDone in
                        defer { isDone = true }; return isDone
                    })
                else { return }
                switch act {
                case .call, .callThenFail: replies.call("inner", on: channel)
                case .largeCall: replies.call(large, on: channel)
                case .severalCalls: for number in 0..<50 { replies.call("\(number)", on: channel) }
                case .nestedCall:
                    replies.call(Acting(text: "middle") { replies.call("innermost", on: channel) }, on: channel)
                }
            }
            let outer = try await onLoop(of: channel) {
                do { return try await channel.send(content) as String } catch let error as ChannelError {
                    #expect(error.wasNotBegun)
                    return "\(error.code)"
                }
            }
            #expect(outer == (act == .callThenFail ? "encodingFailed" : "outer"))
            let inner = try await replies.all
            switch act {
            case .call, .callThenFail: #expect(inner == ["inner"])
            case .largeCall: #expect(inner == [large])
            case .severalCalls: #expect(inner == (0..<50).map { "\($0)" }.sorted())
            case .nestedCall: #expect(Set(inner).isSuperset(of: ["innermost", "middle"]))
            }
            let after: String = try await channel.send("after")
            #expect(after == "after")
            #expect(await channel.outstanding.calls == 0)
        }
    }

    @Test("A request that closes its channel while it is encoded is not sent, and says so", arguments: [false, true])
    func closing(isDrained: Bool) async throws {
        let seen = Seen()
        try await withPair(.tcp) { channel in
            try await channel.serve { (text: String) in
                seen.note(text)
                return text
            }
        } _: { channel, _ in
            let content = Acting(text: "outer") {
                _ = Task.immediate(executorPreference: channel.taskExecutor) {
                    if isDrained { await channel.drain() } else { await channel.close() }
                }
            }
            let error = try await onLoop(of: channel) {
                await #expect(throws: ChannelError.self) { try await channel.send(content) as String }
            }
            #expect(error?.code == .connectionClosed)
            #expect(error?.wasNotBegun == true)
            await channel.waitUntilClosed()
            #expect(seen.entries.isEmpty)
        }
    }

    @Test("What was written before it in the same turn is sent")
    func closingBehind() async throws {
        let (seen, isSeen) = (Seen(), Gate())
        try await withPair(.tcp) { channel in
            try await channel.serve { (text: String) in
                seen.note(text)
                isSeen.open()
                return text
            }
        } _: { channel, _ in
            try await onLoop(of: channel) {
                let before = Task.immediate(executorPreference: channel.taskExecutor) {
                    try await channel.send("before") as String
                }
                let content = Acting(text: "outer") {
                    _ = Task.immediate(executorPreference: channel.taskExecutor) { await channel.close() }
                }
                await #expect(throws: ChannelError.self) { try await channel.send(content) as String }
                _ = await before.result
            }
            await isSeen.wait()
            await channel.waitUntilClosed()
            #expect(seen.entries == ["before"])
        }
    }

    @Test("A reply that calls, or closes its channel, while it is encoded does no harm", arguments: [false, true])
    func replies(closes: Bool) async throws {
        try await withPair(.tcp) { channel in
            try await channel.serve { (text: String) in
                Acting(text: text) {
                    _ = Task.immediate(executorPreference: channel.taskExecutor) {
                        if closes { await channel.close() } else { _ = try? await channel.send("back") as String }
                    }
                }
            }
        } _: { channel, _ in
            let asked = Gate()
            let serving = Task {
                try await channel.serve { (text: String) in
                    asked.open()
                    return text
                }
            }
            if closes {
                let error = await #expect(throws: ChannelError.self) { try await channel.send("a") as String }
                #expect(error?.code == .connectionClosed)
                #expect(error?.wasNotBegun == false)
                await channel.waitUntilClosed()
            } else {
                let reply: String = try await channel.send("a")
                #expect(reply == "a")
                await asked.wait()
            }
            await channel.close()
            _ = await serving.result
        }
    }

    /// MessagePack that does something before each head it writes or reads.
    private struct ActingCodec: Codec {
        let base = MessagePackCodec()
        let action: @Sendable (_ isWritten: Bool, MessageHead) -> Void

        func encode(_ head: MessageHead, into writer: inout MessageWriter) {
            action(true, head)
            base.encode(head, into: &writer)
        }

        func encode<Content: Encodable>(_ content: Content, into writer: inout MessageWriter) throws {
            try base.encode(content, into: &writer)
        }

        func decodeHead(from payload: RawSpan) throws -> (head: MessageHead, content: Range<Int>) {
            let decoded = try base.decodeHead(from: payload)
            action(false, decoded.head)
            return decoded
        }

        func decode<Content: Decodable>(_ type: Content.Type, from content: RawSpan) throws -> Content {
            try base.decode(type, from: content)
        }
    }

    private final class Holder: Sendable {
        private let held = Mutex<Channel?>(nil)

        var channel: Channel? { held.withLock { $0 } }
        func hold(_ channel: Channel?) { held.withLock { $0 = channel } }
    }

    @Test(
        "So may a codec, whenever it writes or reads a head, from wherever the request comes",
        arguments: [true, false],
        [true, false]
    )
    func codecs(isWritten: Bool, isOnLoop: Bool) async throws {
        let (replies, holder) = (Replies(), Holder())
        let addresses = try TransportKind.tcp.makeAddresses()
        let codec = ActingCodec { isWriting, head in
            guard isWriting == isWritten, head.id == 0, let channel = holder.channel else { return }
            holder.hold(nil)
            replies.call("inner", on: channel)
        }
        try await withServer(addresses.server, onChannel: echo) { server in
            let channel = try await openChannel(addresses.client(server.address), codec: codec)
            holder.hold(channel)
            let outer =
                if isOnLoop {
                    try await onLoop(of: channel) { try await channel.send("outer") as String }
                } else {
                    try await channel.send("outer") as String
                }
            #expect(outer == "outer")
            let inner = try await replies.all
            #expect(inner == ["inner"])
            await channel.close()
        }
    }
}

import SecureChannel
import Testing

@Suite("How channels to Python's aiomas 2.0.1 end", .needs(.aiomas), .timeLimit(.minutes(5)))
struct AiomasEndTests {
    @Test("When it closes, our channel ends in an orderly way", arguments: AiomasCase.all)
    func itCloses(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            async let serving: Void = meeting.channel.serve { (content: Value) in content }
            let pending = Task { try await meeting.ask("hold", "never released") as String }
            try await meeting.party.report("holding")
            try await meeting.ask("close")

            try await withDeadline(for: "the channel's end") { await meeting.channel.waitUntilClosed() }
            try await serving  // an orderly end: throws nothing
            let error = await #expect(throws: ChannelError.self) { try await pending.value }
            #expect(error?.code == .connectionClosed)
            #expect(error?.message.contains("by the peer") == true, "\(String(describing: error))")
        }
    }

    @Test("When we close, it gets the ConnectionResetError that it has for every end", arguments: AiomasCase.all)
    func weClose(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            try await meeting.ask("begin", "never answered")
            let request = try await meeting.channel.receive()
            #expect(try request.content(as: String.self) == "never answered")
            await meeting.channel.close()
            let fact = try await meeting.party.report("ended")
            #expect(fact["error"] == "ConnectionResetError")
        }
    }

    @Test("Our cancelled call harms nothing, and its late reply is dropped", arguments: AiomasCase.all)
    func weCancel(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            let held = Task { try await meeting.ask("hold", "a") as String }
            try await meeting.party.report("holding")
            held.cancel()
            await #expect(throws: CancellationError.self) { try await held.value }

            try await meeting.ask("release", "a")  // the late reply comes after this one
            for number in 0..<10 {
                let reply: Int = try await meeting.ask("echo", .integer(Int64(number)))
                #expect(reply == number)
            }
        }
    }

    @Test("Our call that timed out harms nothing, and its late reply is dropped", arguments: AiomasCase.all)
    func weTimeOut(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            let error = await #expect(throws: ChannelError.self) {
                try await meeting.channel.send(["hold", "a"], expecting: String.self, timeout: .milliseconds(200))
            }
            #expect(error?.code == .replyTimedOut)
            try await meeting.party.report("holding")
            try await meeting.ask("release", "a")
            let reply: String = try await meeting.ask("echo", "still here")
            #expect(reply == "still here")
        }
    }

    @Test("Its cancelled call harms nothing until our reply; that ends its channel", arguments: AiomasCase.all)
    func itCancels(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            try await meeting.ask("cancel", "a request that it gives up")
            let request = try await meeting.channel.receive()
            #expect(try request.content(as: String.self) == "a request that it gives up")
            let reply: String = try await meeting.ask("echo", "still here")
            #expect(reply == "still here")

            // aiomas takes a reply to a cancelled request for an error of the channel, and closes it.
            try await request.reply("late")
            let fact = try await meeting.party.report("ended")
            #expect(fact["error"] == "RuntimeError")
            try await withDeadline(for: "the channel's end") { await meeting.channel.waitUntilClosed() }
            let error = await #expect(throws: ChannelError.self) { try await meeting.ask("echo", "anybody?") }
            #expect(error?.code == .connectionClosed)
        }
    }

    @Test("Draining answers its open requests before the channel closes", arguments: AiomasCase.all)
    func drain(_ it: AiomasCase) async throws {
        try await it.meet { meeting in
            try await meeting.ask("begin", "answered while draining")
            let request = try await meeting.channel.receive()
            async let outcome: [String] = meeting.ask("outcome", "answered while draining")
            async let drained: Void = meeting.channel.drain()
            try await request.reply("in time")
            #expect(try await outcome == ["result", "in time"])
            await drained
            try await meeting.party.report("ended")
        }
    }
}

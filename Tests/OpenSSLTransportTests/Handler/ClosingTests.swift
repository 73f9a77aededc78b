import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("Closing through the handler")
struct ClosingTests {
    @Test(
        "A close sends what was flushed, says goodbye and completes at both ends",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func orderly(version: TLSVersion) throws {
        try withOpenChannels(Parties(version: version)) { channels in
            channels.server.application.onEvent = { context, event in
                if event == .inputClosed { context.close(promise: nil) }
            }
            channels.client.setWritable(false)
            let write = Outcome(channels.client.send("last words"))
            let closed = Outcome(channels.client.channel.close())
            #expect(closed.result == nil)
            channels.client.setWritable(true)
            channels.shuttle()
            #expect(write.succeeded && closed.succeeded)
            #expect(channels.server.received == "last words")
            #expect(channels.server.application.events.suffix(3) == [.read(10), .inputClosed, .inactive])
            #expect(channels.client.application.events.last == .inactive)
            #expect(channels.client.application.errors.isEmpty && channels.server.application.errors.isEmpty)
        }
    }

    @Test("What was not flushed is not sent, and says so")
    func unflushed() throws {
        try withOpenChannels { channels in
            let flushed = Outcome(channels.client.send("this"))
            let unflushed = Outcome(channels.client.channel.write(ByteBuffer(string: "not this")))
            channels.client.channel.close(promise: nil)
            let late = Outcome(channels.client.send("nor this"))
            channels.shuttle()
            #expect(channels.server.received == "this")
            #expect(flushed.succeeded)
            #expect(unflushed.error as? ChannelError == .ioOnClosedChannel)
            #expect(late.error as? ChannelError == .ioOnClosedChannel)
        }
    }

    @Test("A close waits for the peer's end a second, not for ever")
    func silentPeer() throws {
        try withOpenChannels { channels in
            let closed = Outcome(channels.client.channel.close())
            #expect(channels.client.socket.outputIsClosed)
            channels.loop.advanceTime(by: .milliseconds(999))
            #expect(closed.result == nil && channels.client.isOpen)
            channels.loop.advanceTime(by: .milliseconds(1))
            #expect(closed.succeeded && !channels.client.isOpen)
        }
    }

    @Test("A closed connection discards 16 MiB of a peer that goes on, not more, and reports no error")
    func talkativePeer() throws {
        try withOpenChannels { channels in
            let closed = Outcome(channels.client.channel.close())
            let bytes = ByteBuffer(repeating: 1, count: 64 << 10)
            for _ in 0..<256 {
                channels.client.deliver(bytes)
                #expect(channels.client.isOpen)
            }
            channels.client.deliver(ByteBuffer(repeating: 1, count: 1))
            #expect(closed.succeeded && !channels.client.isOpen)
            #expect(channels.client.application.errors.isEmpty && channels.client.received.isEmpty)
        }
    }

    @Test("A close waits for a full channel five seconds, not for ever")
    func fullChannel() throws {
        try withOpenChannels { channels in
            channels.client.setWritable(false)
            let write = Outcome(channels.client.send("stuck"))
            let closed = Outcome(channels.client.channel.close())
            channels.loop.advanceTime(by: .milliseconds(4_999))
            #expect(closed.result == nil)
            channels.loop.advanceTime(by: .milliseconds(1))
            #expect(closed.succeeded && !channels.client.isOpen)
            #expect(write.error != nil)
        }
    }

    @Test("Whoever closes its output goes on reading, and closes once the peer has ended too")
    func halfClose() throws {
        try withOpenChannels { channels in
            channels.client.send("request")
            let halfClosed = Outcome(channels.client.channel.close(mode: .output))
            #expect(halfClosed.succeeded)
            #expect(Outcome(channels.client.send("more")).error as? ChannelError == .outputClosed)
            channels.shuttle()
            #expect(channels.server.application.events.suffix(2) == [.read(7), .inputClosed])
            #expect(channels.server.isOpen && channels.client.isOpen)

            channels.server.send("reply")
            channels.shuttle()
            #expect(channels.client.received == "reply")
            let closed = Outcome(channels.server.channel.close())
            channels.shuttle()
            #expect(closed.succeeded)
            #expect(channels.client.application.events.suffix(2) == [.inputClosed, .inactive])
            #expect(channels.client.application.errors.isEmpty && channels.server.application.errors.isEmpty)
        }
    }

    @Test("An output closed during the handshake is closed after it, and after what was flushed")
    func halfCloseDuringHandshake() throws {
        try withChannels { channels in
            let write = Outcome(channels.client.send("early"))
            try channels.connect()
            let halfClosed = Outcome(channels.client.channel.close(mode: .output))
            #expect(halfClosed.result == nil)
            channels.shuttle()
            #expect(write.succeeded && halfClosed.succeeded)
            #expect(channels.server.application.events.suffix(2) == [.read(5), .inputClosed])
        }
    }

    @Test("A half-close that waits becomes a whole one when asked")
    func halfThenWhole() throws {
        try withOpenChannels { channels in
            channels.client.setWritable(false)
            let write = Outcome(channels.client.send("rest"))
            let half = Outcome(channels.client.channel.close(mode: .output))
            let second = Outcome(channels.client.channel.close(mode: .output))
            let whole = Outcome(channels.client.channel.close())
            channels.client.setWritable(true)
            channels.shuttle()
            channels.loop.advanceTime(by: .seconds(1))
            #expect(write.succeeded && half.succeeded && second.succeeded && whole.succeeded)
            #expect(channels.server.received == "rest")
            #expect(channels.server.application.events.contains(.inputClosed))
        }
    }

    @Test("A second close completes with the first, and one after the end is told so")
    func doubleClose() throws {
        try withOpenChannels { channels in
            let first = Outcome(channels.client.channel.close())
            let second = Outcome(channels.client.channel.close())
            #expect(Outcome(channels.client.channel.close(mode: .output)).error as? ChannelError == .outputClosed)
            #expect(first.result == nil && second.result == nil)
            channels.loop.advanceTime(by: .seconds(1))
            #expect(first.succeeded && second.succeeded)
            #expect(Outcome(channels.client.channel.close()).error as? ChannelError == .alreadyClosed)
        }
    }

    @Test("Input alone cannot be closed")
    func inputOnly() throws {
        try withOpenChannels { channels in
            let closed = Outcome(channels.client.channel.close(mode: .input))
            #expect(closed.error as? ChannelError == .operationUnsupported)
        }
    }

    /// How far a connection is when something happens to it.
    enum Stage: CaseIterable { case unconnected, connected, greeted, established, halfClosed, closing }

    @Test("A close at any stage completes every promise", arguments: Stage.allCases)
    func closeAnywhere(stage: Stage) throws {
        try withChannels { channels in
            for end in [channels.client, channels.server] {
                let write = Outcome(end.channel.write(ByteBuffer(string: "never flushed")))
                try reach(stage, channels)
                let closed = Outcome(end.channel.close())
                channels.loop.advanceTime(by: .seconds(10))
                #expect(closed.result != nil && write.result != nil)
                #expect(!end.isOpen)
                #expect(end.handler?.session == nil && end.handler?.timer == nil)
            }
        }
    }

    @Test("A channel that goes at any stage completes every promise", arguments: Stage.allCases)
    func inactiveAnywhere(stage: Stage) throws {
        try withChannels { channels in
            for end in [channels.client, channels.server] {
                let write = Outcome(end.channel.write(ByteBuffer(string: "never flushed")))
                try reach(stage, channels)
                let half = Outcome(end.channel.close(mode: .output))
                end.socket.closeAbruptly()
                channels.loop.run()
                #expect(write.result != nil && half.result != nil)
                #expect(end.handler?.session == nil && end.handler?.timer == nil)
                #expect(end.application.errors.count <= 1)
            }
        }
    }

    private func reach(_ stage: Stage, _ channels: BackToBackChannels) throws {
        if stage == .unconnected || channels.client.application.events.contains(.active) { return }
        try channels.connect()
        if stage == .connected { return }
        channels.carry(from: channels.client, to: channels.server)
        if stage == .greeted { return }
        channels.shuttle()
        for end in [channels.client, channels.server] {
            if stage == .halfClosed { end.channel.close(mode: .output, promise: nil) }
            if stage == .closing { end.channel.close(promise: nil) }
        }
    }

    @Test(
        "A close from within any callback is safe",
        arguments: [Application.Event.active, .handshakeCompleted, .read(4), .inputClosed, .error, .inactive]
    )
    func closeInCallback(event: Application.Event) throws {
        for mode in [CloseMode.all, .output] {
            try withChannels { channels in
                for end in [channels.client, channels.server] {
                    end.application.onEvent = { context, seen in
                        guard seen == event else { return }
                        context.close(mode: mode, promise: nil)
                        context.writeAndFlush(NIOAny(ByteBuffer(string: "too late")), promise: nil)
                        context.close(promise: nil)
                    }
                }
                try channels.connect()
                channels.shuttle()
                channels.client.send("ping")
                channels.shuttle()
                if event == .error { channels.server.deliver("garbage") }
                channels.client.channel.close(promise: nil)
                channels.shuttle()
                channels.loop.advanceTime(by: .seconds(10))
                #expect(!channels.client.isOpen)
                #expect(channels.server.application.errors.count <= 1)
            }
        }
    }

    @Test("A closed connection leaves nothing behind", arguments: [true, false])
    func nothingIsLeft(closes: Bool) throws {
        weak var handler: TLSConnection?
        weak var session: TLSSession?
        try withOpenChannels { channels in
            handler = channels.server.handler
            session = channels.server.handler?.session
            #expect(session != nil)
            if closes {
                channels.server.channel.close(promise: nil)
            } else {
                channels.server.deliver("garbage")
            }
            #expect(session == nil)
        }
        #expect(handler == nil)
    }
}

import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("Bytes that belong together")
struct ExpectedBytesTests {
    @Test("They arrive as one read, and what follows as another", arguments: BackToBackChannels.Delivery.all)
    func oneRead(delivery: BackToBackChannels.Delivery) throws {
        try withOpenChannels(delivery: delivery) { channels in
            try channels.server.expect(30_000)
            channels.client.send([UInt8](repeating: 1, count: 30_000) + [2, 2, 2])
            channels.shuttle()
            #expect(channels.server.application.received.map(\.readableBytes) == [30_000, 3])
        }
    }

    @Test("A decoder that has seen a length can ask for the rest, bytes already fired left out")
    func reentrant() throws {
        try withOpenChannels { channels in
            let frames = [5, 100_000, 3_000_000, 1, 70_000]
            var missing = 0
            var lengths: [Int] = []
            var pending = ByteBuffer()
            channels.server.application.onRead = { context, bytes in
                var bytes = bytes
                if missing > 0 {
                    // The rest of a frame comes alone, and in one piece.
                    #expect(bytes.readableBytes == missing)
                    missing = 0
                    lengths.append(pending.readableBytes + bytes.readableBytes - 4)
                    pending = ByteBuffer()
                    return
                }
                pending.writeBuffer(&bytes)
                while let length = pending.getInteger(at: pending.readerIndex, as: UInt32.self) {
                    let whole = Int(length) + 4
                    guard pending.readableBytes >= whole else {
                        missing = whole - pending.readableBytes
                        context.triggerUserOutboundEvent(TLSExpectedBytes(count: missing), promise: nil)
                        return
                    }
                    lengths.append(Int(length))
                    pending.moveReaderIndex(forwardBy: whole)
                }
            }
            for length in frames {
                var frame = ByteBuffer(integer: UInt32(length))
                frame.writeRepeatingByte(7, count: length)
                channels.client.channel.write(frame, promise: nil)
            }
            channels.client.channel.flush()
            channels.shuttle()
            #expect(lengths == frames)
        }
    }

    @Test("The buffer starts at 1 MiB at most and grows with what arrives")
    func growth() throws {
        try withOpenChannels { channels in
            try channels.server.expect(8 << 20)
            let handler = try #require(channels.server.handler)
            #expect(handler.expected?.bytes.capacity == 1 << 20)
            channels.client.send([UInt8](repeating: 1, count: (1 << 20) + 1))
            channels.shuttle()
            #expect(handler.expected?.bytes.capacity == 2 << 20)
            #expect(channels.server.application.received.isEmpty)
            channels.client.send([UInt8](repeating: 1, count: (7 << 20) - 1))
            channels.shuttle()
            #expect(channels.server.application.received.map(\.readableBytes) == [8 << 20])
            #expect(channels.server.application.received.first?.capacity == 8 << 20)
            #expect(handler.expected == nil)
        }
    }

    @Test("What has come is fired before the news that no more will", arguments: [true, false])
    func endBeforeAll(isClean: Bool) throws {
        try withOpenChannels { channels in
            try channels.server.expect(100)
            channels.client.send("only this")
            if isClean { channels.client.channel.close(mode: .output, promise: nil) }
            channels.server.deliver(channels.client.takeWritten())
            if !isClean { channels.server.socket.deliverEnd(channels.server.channel) }
            #expect(channels.server.application.events[2] == .read(9))
            #expect(channels.server.application.events[3] == (isClean ? .inputClosed : .error))
        }
    }

    @Test("A later expectation replaces an earlier one", arguments: [0, 4, 9, 12])
    func replacement(count: Int) throws {
        try withOpenChannels { channels in
            try channels.server.expect(100)
            channels.client.send("123456789")
            channels.shuttle()
            #expect(channels.server.application.received.isEmpty)
            try channels.server.expect(count)
            channels.client.send("abcdef")
            channels.shuttle()
            let expected: [Int: [String]] = [
                0: ["123456789", "abcdef"], 4: ["1234", "56789", "abcdef"], 9: ["123456789", "abcdef"],
                12: ["123456789abc", "def"],
            ]
            #expect(channels.server.application.received.map { String(buffer: $0) } == expected[count])
        }
    }

    @Test("Other events pass by")
    func otherEvents() throws {
        try withOpenChannels { channels in
            #expect(throws: ChannelError.operationUnsupported) {
                try channels.client.channel.triggerUserOutboundEvent("something else").wait()
            }
        }
    }
}

extension ChannelEnd {
    fileprivate func expect(_ count: Int) throws {
        try self.channel.triggerUserOutboundEvent(TLSExpectedBytes(count: count)).wait()
    }
}

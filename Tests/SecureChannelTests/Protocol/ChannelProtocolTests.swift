import NIOCore
import NIOEmbedded
import OpenSSLTransport
import Testing

@testable import SecureChannel

@Suite("The protocol's handler, on embedded channels")
struct ChannelProtocolTests {
    /// Keeps what the protocol says.
    private final class Listener: ChannelProtocolDelegate {
        var messages: [(head: MessageHead, content: [UInt8])] = []
        var isReady = false
        var hasInputEnded = false
        var shrinkages = 0
        var ends: [SecureChannel.ChannelError?] = []
        var onMessage: (MessageHead) -> Void = { _ in }

        func transportBecameReady(_ tls: TLSConnectionInformation?) { isReady = true }
        func received(_ head: MessageHead, payload: ByteBuffer, content: Range<Int>) {
            let bytes = payload.readableBytesView.dropFirst(content.lowerBound).prefix(content.count)
            messages.append((head, Array(bytes)))
            onMessage(head)
        }
        func readEnded() {}
        func inputEnded() { hasInputEnded = true }
        func outboxShrank() { shrinkages += 1 }
        func transportEnded(_ error: SecureChannel.ChannelError?) { ends.append(error) }
    }

    private struct End {
        let channel = EmbeddedChannel()
        let listener = Listener()
        let handler: ChannelProtocol

        init(_ configuration: ChannelConfiguration = ChannelConfiguration(), codec: some Codec = .messagePack) throws {
            handler = ChannelProtocol(
                codec: codec,
                configuration: configuration,
                peer: "tcp://peer:1",
                executor: LoopExecutor.of(channel.embeddedEventLoop)
            )
            handler.delegate = listener
            try channel.pipeline.syncOperations.addHandler(PlainTransport(handler, eventLoop: channel.eventLoop))
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func write(_ kind: MessageHead.Kind, _ id: UInt64, _ content: [UInt8]) throws {
            try handler.write(MessageHead(kind: kind, id: id), content: ByteBuffer(bytes: content))
        }

        /// As a socket's channel does it, which tells of each change.
        func setWritable(_ isWritable: Bool) {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
        }

        /// What the next turn of the event loop writes, one element for each write.
        func output() throws -> [ByteBuffer] {
            channel.embeddedEventLoop.run()
            var buffers: [ByteBuffer] = []
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) { buffers.append(buffer) }
            buffers.removeAll { $0.readableBytes == 0 }  // the empty write by which the end of all others is known
            return buffers
        }
    }

    private let contents: [[UInt8]] = [
        [0xC0], [0xA1, 0x61], [0xC5, 0x27, 0x10] + Array(repeating: 7, count: 10_000),
        [0xC6, 0, 1, 0x86, 0xA0] + Array(repeating: 8, count: 100_000), [0x00],
    ]

    /// All the bytes that the contents make on the wire.
    private func stream() throws -> [UInt8] {
        let sender = try End()
        for (index, content) in contents.enumerated() { try sender.write(.request, UInt64(index * 1000), content) }
        return try sender.output().flatMap { Array($0.readableBytesView) }
    }

    private func receive(_ stream: [UInt8], sizes: () -> Int) throws -> Listener {
        let receiver = try End()
        var rest = stream[...]
        while !rest.isEmpty {
            let size = min(sizes(), rest.count)
            try receiver.channel.writeInbound(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return receiver.listener
    }

    private func check(_ listener: Listener) {
        #expect(listener.messages.map(\.content) == contents)
        #expect(listener.messages.map(\.head.id) == [0, 1000, 2000, 3000, 4000])
        #expect(listener.messages.allSatisfy { $0.head.kind == .request })
        #expect(listener.ends.isEmpty)
    }

    @Test("What one end writes the other reads, delivered whole, one byte at a time, and in random splits")
    func splits() throws {
        let stream = try stream()
        check(try receive(stream) { stream.count })
        check(try receive(stream) { 1 })
        for seed in 0..<20 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let largest = [3, 20, 500, 70_000][Int(seed % 4)]
            check(try receive(stream) { Int.random(in: 1...largest, using: &random) })
        }
    }

    @Test("The messages of one turn of the event loop leave in one write")
    func joined() throws {
        let sender = try End()
        for id in 0..<16 as Range<UInt64> { try sender.write(.request, id, [0xC0]) }
        #expect(try sender.output().count == 1)
        #expect(sender.listener.shrinkages == 1)
    }

    @Test("What is written while a read is handled leaves when the read is complete")
    func repliesOfARead() throws {
        let end = try End()
        let stream = try stream()
        end.listener.onMessage = { try? end.write(.result, $0.id, [0xC0]) }
        try end.channel.writeInbound(ByteBuffer(bytes: stream))
        // No run of the event loop: the end of the read has flushed.
        var replies: [ByteBuffer] = []
        while let buffer = try end.channel.readOutbound(as: ByteBuffer.self) { replies.append(buffer) }
        #expect(replies.count == 1)
    }

    @Test("While the socket is full frames wait, and leave in order when it takes more")
    func unwritable() throws {
        let end = try End()
        end.setWritable(false)
        for id in 0..<3 as Range<UInt64> { try end.write(.request, id, [0xC0]) }
        #expect(try end.output().isEmpty)
        #expect(end.handler.waitingByteCount == 3 * 8)
        end.setWritable(true)
        end.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try end.output().reduce(0) { $0 + $1.readableBytes } == 3 * 8)
        #expect(end.handler.waitingByteCount == 0)
    }

    @Test("While paused nothing is handed on, and afterwards everything is, in order")
    func paused() throws {
        let end = try End()
        end.listener.onMessage = { head in if head.id == 1000 { end.handler.pause() } }
        try end.channel.writeInbound(ByteBuffer(bytes: try stream()))
        #expect(end.listener.messages.count == 2)
        end.listener.onMessage = { _ in }
        end.handler.resume()
        check(end.listener)
    }

    @Test("A message over the maximum is refused, and nothing of it is sent")
    func tooLarge() throws {
        let end = try End(ChannelConfiguration(maximumMessageSize: 10))
        #expect(throws: SecureChannel.ChannelError.self) { try end.write(.request, 0, Array(repeating: 0, count: 8)) }
        #expect(try end.output().isEmpty)
        try end.write(.request, 0, Array(repeating: 0, count: 7))
        #expect(try end.output().first?.readableBytes == 14)
    }

    @Test("Closing sends what was written, then ends; what is read meanwhile is thrown away")
    func closing() throws {
        let end = try End()
        try end.write(.result, 1, [0xC0])
        end.handler.close(isPatient: false)
        #expect(try end.output().count == 1)
        _ = try? end.channel.writeInbound(ByteBuffer(bytes: [1, 2, 3]))
        end.channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(!end.channel.isActive)
        #expect(end.listener.ends.count == 1)
        #expect(end.listener.messages.isEmpty)
    }

    @Test("A socket that never takes what was written is closed all the same")
    func closingStuck() throws {
        let end = try End()
        end.setWritable(false)
        try end.write(.result, 1, [0xC0])
        end.handler.close(isPatient: false)
        end.channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(end.channel.isActive)
        end.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!end.channel.isActive)
    }

    @Test("The end of the stream is told apart by where it comes", arguments: [true, false])
    func endOfStream(_ inFrame: Bool) throws {
        let end = try End()
        if inFrame { try end.channel.writeInbound(ByteBuffer(bytes: [0, 0])) }
        end.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(end.listener.hasInputEnded == !inFrame)
        #expect(end.listener.ends.first??.code == (inFrame ? .connectionReset : nil))
    }

    @Test(
        "A TLS stream that is cut off, or breaks, in the middle of a message says how much of it had come",
        arguments: [TLSError.Cause.truncated, .connectionBroken(errno: 104)]
    )
    func truncatedTLS(_ cause: TLSError.Cause) throws {
        let end = try End()
        try end.channel.writeInbound(ByteBuffer(bytes: [0, 0, 0, 9, 0x93, 1]))
        end.channel.pipeline.fireErrorCaught(TLSError(cause, phase: .established, message: "it broke"))
        let error = try #require(end.listener.ends.first ?? nil)
        #expect(error.code == .connectionReset)
        #expect(error.message == "The connection to tcp://peer:1 ended after 2 of a message's 9 bytes: it broke.")
        #expect((error.cause as? TLSError)?.cause == cause)

        let between = try End()
        between.channel.pipeline.fireErrorCaught(TLSError(cause, phase: .established, message: "it broke"))
        #expect(between.listener.ends.first??.code == .connectionReset)
        #expect(between.listener.ends.first??.message.contains("it broke") == true)
    }
}

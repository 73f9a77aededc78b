import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("Writing through the handler")
struct WritingTests {
    /// What TLS 1.3 adds to a record with an AEAD of 16 bytes (RFC 8446, section 5.2).
    private static let overhead = 22

    @Test("Small writes of one flush leave as one record")
    func joining() throws {
        try withOpenChannels { channels in
            let before = channels.client.socket.writeSizes.count
            for index in 0..<16 {
                channels.client.channel.write(ByteBuffer(repeating: UInt8(index), count: 64), promise: nil)
            }
            channels.client.channel.flush()
            #expect(channels.client.socket.writeSizes.dropFirst(before) == [16 * 64 + Self.overhead])
            channels.shuttle()
            #expect(channels.server.receivedBytes == (0..<16).flatMap { [UInt8](repeating: $0, count: 64) })
        }
    }

    @Test("Joined writes fill records of at most 16 KiB")
    func joiningIsLimited() throws {
        try withOpenChannels { channels in
            let before = channels.client.socket.writeSizes.count
            for _ in 0..<5 { channels.client.channel.write(ByteBuffer(repeating: 1, count: 5_000), promise: nil) }
            channels.client.channel.flush()
            // 15,000 bytes in one record, 10,000 in the next.
            #expect(channels.client.socket.writeSizes.dropFirst(before) == [25_000 + 2 * Self.overhead])
        }
    }

    @Test("Flushes while reading become one when the read is complete")
    func oneFlushPerRead() throws {
        try withOpenChannels { channels in
            channels.server.application.onRead = { context, bytes in
                for byte in bytes.readableBytesView {
                    context.writeAndFlush(NIOAny(ByteBuffer(bytes: [byte])), promise: nil)
                }
            }
            channels.client.send("abcdefgh")
            let (flushes, writes) = (channels.server.socket.flushCount, channels.server.socket.writeSizes.count)
            channels.carry(from: channels.client, to: channels.server)
            #expect(channels.server.socket.flushCount == flushes + 1)
            #expect(channels.server.socket.writeSizes.dropFirst(writes) == [8 + Self.overhead])
            channels.shuttle()
            #expect(channels.client.received == "abcdefgh")
        }
    }

    @Test("A large write arrives whole, in pieces that the channel can refuse", arguments: [65_536, 65_537, 3_000_000])
    func largeWrite(count: Int) throws {
        try withOpenChannels { channels in
            let bytes = randomBytes(count)
            let outcome = Outcome(channels.client.channel.writeAndFlush(bytes))
            #expect(channels.client.socket.writeSizes.allSatisfy { $0 <= 65_536 + 4 * Self.overhead })
            #expect(outcome.succeeded)
            channels.shuttle()
            #expect(channels.server.receivedBuffer == bytes)
            #expect(channels.server.application.received.allSatisfy { $0.readableBytes <= 65_536 })
        }
    }

    @Test("A batch does not end with a record that is cut short for it")
    func wholeRecords() throws {
        try withOpenChannels { channels in
            let before = channels.client.socket.writeSizes.count
            channels.client.channel.write(randomBytes(60_000), promise: nil)
            channels.client.channel.write(randomBytes(20_000), promise: nil)
            channels.client.channel.flush()
            let sizes = Array(channels.client.socket.writeSizes.dropFirst(before))
            #expect(sizes == [60_000 + 4 * Self.overhead, 20_000 + 2 * Self.overhead] as [Int])
        }
    }

    @Test("Writes of all sizes arrive in order while the channel takes them now and then", arguments: 1...8)
    func mixedWrites(seed: UInt64) throws {
        try withOpenChannels(delivery: .randomly(seed: seed)) { channels in
            var random = SplitMix(seed)
            var expected: [UInt8] = []
            var completed: [Int] = []
            for index in 0..<200 {
                let count =
                    [0, 1, 7, 64, 1_000, 5_000, 16_383, 16_384, 16_385, 40_000].randomElement(using: &random) ?? 0
                let bytes = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
                expected += bytes
                let promise = channels.loop.makePromise(of: Void.self)
                promise.futureResult.assumeIsolated().whenSuccess { completed.append(index) }
                channels.client.channel.write(ByteBuffer(bytes: bytes), promise: promise)
                if Int.random(in: 0..<3, using: &random) == 0 { channels.client.channel.flush() }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    channels.client.setWritable(Bool.random(using: &random))
                }
                if Int.random(in: 0..<9, using: &random) == 0 { channels.shuttle() }
            }
            channels.client.setWritable(true)
            channels.client.channel.flush()
            channels.shuttle()
            #expect(channels.server.receivedBytes == expected)
            #expect(completed == Array(0..<200))
        }
    }

    @Test("Nothing is encrypted while the channel is full")
    func backPressure() throws {
        try withOpenChannels { channels in
            let before = channels.client.socket.writeSizes.count
            channels.client.setWritable(false)
            let outcome = Outcome(channels.client.send(repeatElement(9, count: 1_000_000)))
            #expect(channels.client.socket.writeSizes.count == before)
            #expect(outcome.result == nil)
            channels.client.setWritable(true)
            #expect(outcome.succeeded)
            channels.shuttle()
            #expect(channels.server.receivedBytes.count == 1_000_000)
        }
    }

    @Test("Encryption stops within one piece of the channel becoming full")
    func encryptionStops() throws {
        try withOpenChannels { channels in
            let before = channels.client.socket.writeSizes.reduce(0, +)
            channels.client.socket.onWrite = { channels.client.channel.isWritable = false }
            channels.client.send(repeatElement(9, count: 1_000_000))
            #expect(channels.client.socket.writeSizes.reduce(0, +) - before <= 65_536 + 4 * Self.overhead)
        }
    }

    @Test("A write beyond the limit of waiting plaintext fails, and harms no other")
    func plaintextLimit() throws {
        try withOpenChannels(client: TLSConnectionLimits(pendingPlaintext: 1_000)) { channels in
            channels.client.setWritable(false)
            let first = Outcome(channels.client.send([UInt8](repeating: 1, count: 1_000)))
            let second = Outcome(channels.client.send([2]))
            #expect((second.error as? TLSError)?.cause == .plaintextLimitExceeded)
            #expect(first.result == nil)
            channels.client.setWritable(true)
            #expect(first.succeeded)
            let third = Outcome(channels.client.send([3]))
            channels.shuttle()
            #expect(third.succeeded)
            #expect(channels.server.receivedBytes == [UInt8](repeating: 1, count: 1_000) + [3])
        }
    }

    @Test("A write beyond the limit that nobody waits for ends the connection")
    func plaintextLimitWithoutPromise() throws {
        try withOpenChannels(client: TLSConnectionLimits(pendingPlaintext: 1_000)) { channels in
            channels.client.channel.write(ByteBuffer(repeating: 1, count: 1_001), promise: nil)
            #expect(channels.client.error?.cause == .plaintextLimitExceeded)
            #expect(!channels.client.isOpen)
        }
    }

    @Test("Writes of nothing succeed in their turn")
    func emptyWrites() throws {
        try withOpenChannels { channels in
            #expect(Outcome(channels.client.send([])).succeeded)
            channels.client.setWritable(false)
            let first = Outcome(channels.client.send("x"))
            let empty = Outcome(channels.client.send([]))
            #expect(first.result == nil && empty.result == nil)
            channels.client.setWritable(true)
            #expect(first.succeeded && empty.succeeded)
            channels.shuttle()
            #expect(channels.server.received == "x")
        }
    }

    @Test("A write after the connection has failed fails with the same error")
    func writeAfterFailure() throws {
        try withOpenChannels { channels in
            channels.client.deliver("this is no record")
            #expect(channels.client.application.errors.count == 1)
            let outcome = Outcome(channels.client.send("too late"))
            #expect(outcome.error != nil)
        }
    }
}

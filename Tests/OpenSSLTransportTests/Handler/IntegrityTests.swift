import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("Streams that were cut or altered")
struct IntegrityTests {
    @Test(
        "A reply that is cut anywhere ends in an error, and nothing of a cut record is seen",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func truncation(version: TLSVersion) throws {
        let parties = try Parties(version: version)
        let pieces = ["the first record", "the second"]
        var offset = 0
        var total = 1
        while offset < total {
            try withOpenChannels(parties) { channels in
                var ends: [Int] = []
                var stream = ByteBuffer()
                for piece in pieces {
                    channels.server.send(piece)
                    var record = channels.server.takeWritten()
                    stream.writeBuffer(&record)
                    ends.append(stream.readableBytes)
                }
                total = stream.readableBytes + 1

                channels.client.deliver(stream.take(offset))
                channels.client.socket.deliverEnd(channels.client.channel)
                let whole = zip(pieces, ends).filter { $0.1 <= offset }.map(\.0).joined()
                #expect(channels.client.received == whole)
                #expect(channels.client.application.errors.count == 1)
                #expect(channels.client.error?.cause == .truncated, "cut at \(offset)")
                #expect(!channels.client.application.events.contains(.inputClosed))
                channels.loop.advanceTime(by: .seconds(1))
                #expect(!channels.client.isOpen)
            }
            offset += 1
        }
        #expect(offset > 60)
    }

    @Test("A line that breaks is told apart from an end", arguments: [true, false])
    func brokenLine(withError: Bool) throws {
        try withOpenChannels { channels in
            let write = Outcome(channels.client.channel.write(ByteBuffer(string: "never flushed")))
            if withError { channels.client.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read")) }
            channels.client.socket.closeAbruptly()
            #expect(channels.client.application.events.suffix(2) == [.error, .inactive])
            #expect(channels.client.application.errors.count == 1)
            #expect((channels.client.error?.cause == .connectionBroken(errno: 104)) == withError)
            #expect((channels.client.error?.cause == .truncated) == !withError)
            #expect(write.error != nil)
        }
    }

    @Test("A record with any bit of its body changed is refused", arguments: [TLSVersion.tls12, .tls13])
    func corruption(version: TLSVersion) throws {
        let parties = try Parties(version: version)
        var offset = 0
        var length = 1
        while offset < length {
            try withOpenChannels(parties) { channels in
                channels.server.send("a message")
                var record = channels.server.takeWritten()
                length = record.readableBytes
                let byte = record.getInteger(at: offset, as: UInt8.self) ?? 0
                record.setInteger(byte ^ 1 << UInt8(offset % 8), at: offset)
                channels.client.deliver(record)
                #expect(channels.client.received.isEmpty)
                if offset >= 5 {
                    #expect(channels.client.error?.cause == .corruptedRecord, "byte \(offset)")
                } else if channels.client.error == nil {
                    // The length says that more is to come: the connection waits, and then it is cut short.
                    channels.client.socket.deliverEnd(channels.client.channel)
                    #expect(channels.client.error != nil, "byte \(offset)")
                }
                #expect(channels.client.application.errors.count == 1)
            }
            offset += 1
        }
        #expect(offset > 30)
    }

    @Test("Records that are repeated, swapped or left out are refused", arguments: [[0, 0], [1, 0], [1]])
    func replay(order: [Int]) throws {
        try withOpenChannels { channels in
            var records: [ByteBuffer] = []
            for text in ["pay", "stop"] {
                channels.server.send(text)
                records.append(channels.server.takeWritten())
            }
            for index in order { channels.client.deliver(records[index]) }
            #expect(channels.client.error?.cause == .corruptedRecord)
            #expect(channels.client.received == (order[0] == 0 ? "pay" : ""))
        }
    }

    @Test("A handshake with a changed byte ends at both ends, in an error at one of them", arguments: 0..<60)
    func changedHandshake(seed: UInt64) throws {
        var random = SplitMix(seed)
        try withChannels(Parties(version: seed % 2 == 0 ? .tls13 : .tls12, mutual: true)) { channels in
            try channels.connect()
            var pairs = [(channels.client, channels.server), (channels.server, channels.client)]
            if seed % 3 == 0 {
                channels.carry(from: channels.client, to: channels.server)
                pairs.swapAt(0, 1)
            }
            var flight = pairs[0].0.takeWritten()
            let offset = Int.random(in: 0..<flight.readableBytes, using: &random)
            let byte = flight.getInteger(at: offset, as: UInt8.self) ?? 0
            flight.setInteger(byte ^ UInt8.random(in: 1...255, using: &random), at: offset)
            pairs[0].1.deliver(flight)
            channels.shuttle()
            channels.loop.advanceTime(by: .seconds(20))
            channels.shuttle()
            #expect(!channels.client.isOpen && !channels.server.isOpen)
            #expect(channels.client.error != nil || channels.server.error != nil)
            #expect(channels.client.application.errors.count <= 1 && channels.server.application.errors.count <= 1)
        }
    }

    @Test("The alert that says why reaches the other side")
    func alertArrives() throws {
        try withOpenChannels { channels in
            channels.server.send("a message")
            var record = channels.server.takeWritten()
            record.setInteger(UInt8(0), at: record.writerIndex - 1)
            channels.client.deliver(record)
            channels.shuttle()
            #expect(channels.server.error?.cause == .alertReceived(20))
            #expect(!channels.client.isOpen && !channels.server.isOpen)
        }
    }
}

import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("Reading through the handler")
struct ReadingTests {
    @Test("A small record arrives in a small buffer", arguments: [TLSVersion.tls12, .tls13])
    func fittedBuffers(version: TLSVersion) throws {
        try withOpenChannels(Parties(version: version)) { channels in
            channels.client.send([UInt8](repeating: 5, count: 64))
            channels.shuttle()
            #expect(channels.server.application.received.map(\.readableBytes) == [64])
            #expect(channels.server.application.received.allSatisfy { $0.capacity <= 128 })
        }
    }

    @Test("A record that arrives in pieces is fired in one piece")
    func cutRecord() throws {
        try withOpenChannels { channels in
            channels.client.send([UInt8](repeating: 5, count: 16_000))
            var record = channels.client.takeWritten()
            while record.readableBytes > 0 { channels.server.deliver(record.take(3_000)) }
            #expect(channels.server.application.received.map(\.readableBytes) == [16_000])
        }
    }

    @Test("However much one read brings, it is fired in pieces of at most 64 KiB")
    func largeRead() throws {
        try withOpenChannels { channels in
            let sent = randomBytes(300_000)
            channels.client.channel.writeAndFlush(sent, promise: nil)
            channels.server.deliver(channels.client.takeWritten())
            #expect(channels.server.receivedBuffer == sent)
            #expect(channels.server.application.received.allSatisfy { $0.readableBytes <= 65_536 })
        }
    }

    @Test("A connection keeps no ciphertext and no plaintext while it is idle")
    func idleMemory() throws {
        try withOpenChannels { channels in
            channels.client.send([UInt8](repeating: 5, count: 100_000))
            channels.shuttle()
            let handler = try #require(channels.server.handler)
            #expect(handler.ciphertext.storageCapacity == 0)
            #expect(handler.expected == nil)
            #expect(handler.pending.isEmpty)
        }
    }

    @Test("Reads are asked for again while they bring no plaintext, and only then")
    func readsAreRepeated() throws {
        try withOpenChannels { channels in
            channels.client.send("abc")
            var record = channels.client.takeWritten()
            channels.server.channel.read()
            let reads = channels.server.socket.readCount
            channels.server.deliver(record.take(10))
            #expect(channels.server.socket.readCount == reads + 1)
            channels.server.deliver(record)
            #expect(channels.server.socket.readCount == reads + 1)
            #expect(channels.server.received == "abc")
        }
    }

    @Test("The handshake reads for itself, without being asked")
    func handshakeReads() throws {
        try withChannels { channels in
            try channels.connect()
            #expect(channels.server.socket.readCount == 1)
            var flight = channels.client.takeWritten()
            channels.server.deliver(flight.take(50))
            #expect(channels.server.socket.readCount == 2)
        }
    }

    @Test("New keys in the middle of a stream go unnoticed", arguments: [false, true])
    func keyUpdate(fromServer: Bool) throws {
        try withOpenChannels { channels in
            let (updating, other) =
                fromServer ? (channels.server, channels.client) : (channels.client, channels.server)
            for round in 0..<20 {
                let session = try #require(updating.handler?.session)
                #expect(SSL_key_update(session.ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
                updating.send("request \(round);")
                channels.shuttle()
                other.send("reply \(round);")
                channels.shuttle()
            }
            #expect(other.received == (0..<20).map { "request \($0);" }.joined())
            #expect(updating.received == (0..<20).map { "reply \($0);" }.joined())
            #expect(channels.client.error == nil && channels.server.error == nil)
        }
    }

    @Test("Bytes behind close_notify are ignored")
    func bytesAfterCloseNotify() throws {
        try withOpenChannels { channels in
            channels.client.send("last")
            channels.client.channel.close(mode: .output, promise: nil)
            var bytes = channels.client.takeWritten()
            bytes.writeString("garbage after the end")
            channels.server.deliver(bytes)
            channels.server.deliver("and more")
            #expect(channels.server.received == "last")
            #expect(channels.server.application.events.suffix(2) == [.read(4), .inputClosed])
            #expect(channels.server.error == nil)
        }
    }

    @Test("Bytes that come while a read is being handled are handled after it")
    func reentrantDelivery() throws {
        try withOpenChannels { channels in
            channels.client.send("first")
            let first = channels.client.takeWritten()
            channels.client.send("second")
            var second: ByteBuffer? = channels.client.takeWritten()
            channels.server.application.onRead = { _, _ in
                guard let bytes = second else { return }
                second = nil
                channels.server.deliver(bytes)
            }
            channels.server.deliver(first)
            #expect(channels.server.application.received.map { String(buffer: $0) } == ["first", "second"])
        }
    }

    @Test("An old error of somebody else on the thread harms no session")
    func staleErrors() throws {
        func leaveError() { _ = BIO_new_file("/nonexistent/file", "r") }
        try withChannels { channels in
            leaveError()
            #expect(ERR_peek_error() != 0)
            try channels.connect()
            for _ in 0..<10 {
                leaveError()
                channels.carry(from: channels.client, to: channels.server)
                leaveError()
                channels.carry(from: channels.server, to: channels.client)
            }
            leaveError()
            channels.client.send("fine")
            leaveError()
            channels.carry(from: channels.client, to: channels.server)
            #expect(channels.server.received == "fine")
            leaveError()
            channels.client.channel.close(promise: nil)
            leaveError()
            channels.shuttle()
            #expect(channels.client.error == nil && channels.server.error == nil)
            #expect(channels.server.application.events.contains(.inputClosed))
        }
    }
}

import COpenSSL
import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("A peer that keeps TLS busy without data")
struct FloodTests {
    /// What a peer can send by itself after the handshake, for ever.
    enum Message: CaseIterable {
        case keyUpdate, keyUpdateToAnswer, ticket, helloRequest

        var version: TLSVersion { self == .helloRequest ? .tls12 : .tls13 }
        var senders: [TLSRole] {
            switch self {
            case .keyUpdate, .keyUpdateToAnswer: [.client, .server]
            case .ticket, .helloRequest: [.server]
            }
        }

        func write(_ ssl: OpaquePointer) throws {
            switch self {
            case .keyUpdate: try #require(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
            case .keyUpdateToAnswer: try #require(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED) == 1)
            case .ticket: try #require(SSL_new_session_ticket(ssl) == 1)
            case .helloRequest:
                SSL_clear_options(ssl, COpenSSL_SSL_OP_NO_RENEGOTIATION())
                try #require(SSL_renegotiate(ssl) == 1)
            }
            try #require(SSL_do_handshake(ssl) == 1)
        }
    }

    static let cases = Message.allCases.flatMap { message in message.senders.map { (message, $0) } }

    /// The bytes of so many messages.
    private func messages(_ message: Message, _ count: Int, from end: ChannelEnd) throws -> ByteBuffer {
        let session = try #require(end.handler?.session)
        var bytes = ByteBuffer()
        for _ in 0..<count {
            try message.write(session.ssl)
            session.takeOutput(into: &bytes)
        }
        return bytes
    }

    @Test("32 messages of TLS in a row are taken, and one more ends the connection", arguments: Self.cases)
    func flood(message: Message, sender: TLSRole) throws {
        try withOpenChannels(Parties(version: message.version)) { channels in
            let (peer, end) =
                sender == .client ? (channels.client, channels.server) : (channels.server, channels.client)
            for round in 0..<3 {  // data in between start the count anew
                end.deliver(try self.messages(message, 32, from: peer))
                peer.send([UInt8(round)])
                end.deliver(peer.takeWritten())
                try #require(end.error == nil)
                #expect(end.receivedBytes.last == UInt8(round))
            }
            _ = end.takeWritten()
            end.deliver(try self.messages(message, 500, from: peer))
            #expect(end.error?.cause == .tooManyRecordsWithoutData)
            #expect(end.error?.message.contains("the \(sender) sent more than 32 records") == true)
            #expect(end.takeWritten().readableBytes < 34 * 64)  // the answers to the first, and a goodbye
            end.deliver(try self.messages(message, 1, from: peer))
            end.socket.deliverEnd(end.channel)
            #expect(!end.isOpen)
        }
    }

    @Test("The count goes on from one read to the next")
    func oneByOne() throws {
        try withOpenChannels(delivery: .oneByOne) { channels in
            for _ in 0..<32 { channels.server.deliver(try self.messages(.keyUpdate, 1, from: channels.client)) }
            #expect(channels.server.error == nil)
            channels.server.deliver(try self.messages(.keyUpdate, 1, from: channels.client))
            #expect(channels.server.error?.cause == .tooManyRecordsWithoutData)
        }
    }

    @Test("Of the answers to one record of many messages, those past the limit are not made")
    func answers() throws {
        try withOpenChannels { channels in
            let session = try #require(channels.server.handler?.session)
            let bio = try #require(SSL_get_wbio(session.ssl))
            let window = try #require(COpenSSL_WindowBIO_of(bio))
            window.pointee.is_reading = 1
            let taken = (0..<1_000).count { _ in BIO_write(bio, "answer", 6) == 6 }
            window.pointee.is_reading = 0
            #expect(taken == 33)
            #expect(COpenSSL_WindowBIO_isFlooded(window) == 1)
        }
    }

    @Test("While answers of TLS's own wait for the socket, nothing is read; then all of it is")
    func congestion() throws {
        try withOpenChannels { channels in
            let (client, server) = (channels.client, channels.server)
            server.setWritable(false)
            server.channel.pipeline.read()
            let readCount = server.socket.readCount
            for round in 0..<100 {
                server.deliver(try self.messages(.keyUpdateToAnswer, 31, from: client))
                client.send([UInt8(round)])
                server.deliver(client.takeWritten())
            }
            #expect(server.error == nil)
            #expect(server.takeWritten().readableBytes < 8 << 10)
            #expect(server.receivedBytes.count < 10)
            server.channel.pipeline.read()
            #expect(server.socket.readCount <= readCount + 10)

            server.setWritable(true)
            channels.loop.run()
            #expect(server.receivedBytes == Array(0..<100))
            #expect(server.error == nil)
            #expect(server.socket.readCount > readCount)
            server.send("and on")
            client.deliver(server.takeWritten())
            channels.shuttle()
        }
    }

    @Test("The end of the input comes after what waited before it")
    func endWhileCongested() throws {
        try withOpenChannels { channels in
            let (client, server) = (channels.client, channels.server)
            server.setWritable(false)
            for round in 0..<20 {
                server.deliver(try self.messages(.keyUpdateToAnswer, 31, from: client))
                client.send([UInt8(round)])
                server.deliver(client.takeWritten())
            }
            server.socket.deliverEnd(server.channel)
            #expect(server.error == nil && server.receivedBytes.count < 20)
            server.setWritable(true)
            channels.loop.run()
            #expect(server.receivedBytes == Array(0..<20))
            #expect(server.error?.cause == .truncated)
        }
    }
}

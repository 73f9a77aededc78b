import NIOCore
import NIOEmbedded
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("The handler's handshake")
struct HandshakeTests {
    @Test(
        "Client and server agree and echo, however the bytes are cut",
        arguments: BackToBackChannels.Delivery.all,
        [TLSVersion.tls12, .tls13]
    )
    func echo(delivery: BackToBackChannels.Delivery, version: TLSVersion) throws {
        for mutual in [false, true] {
            try withOpenChannels(Parties(version: version, mutual: mutual), delivery: delivery) { channels in
                for end in [channels.client, channels.server] {
                    #expect(end.application.events == [.active, .handshakeCompleted])
                    #expect(end.application.information?.version == (version == .tls12 ? "TLSv1.2" : "TLSv1.3"))
                }
                #expect((channels.server.application.information?.peerCertificate != nil) == mutual)

                channels.client.send("ohai")
                channels.shuttle()
                #expect(channels.server.received == "ohai")
                channels.server.send("hello back")
                channels.shuttle()
                #expect(channels.client.received == "hello back")
            }
        }
    }

    @Test("What is written before the handshake is over is sent after it", arguments: [TLSVersion.tls12, .tls13])
    func earlyWrites(version: TLSVersion) throws {
        try withChannels(Parties(version: version)) { channels in
            let fromClient = Outcome(channels.client.send("early"))
            let fromServer = Outcome(channels.server.send("bird"))
            try channels.connect()
            #expect(fromClient.result == nil)
            channels.shuttle()
            #expect(fromClient.succeeded && fromServer.succeeded)
            #expect(channels.server.received == "early")
            #expect(channels.client.received == "bird")
            #expect(channels.server.application.events.prefix(2) == [.active, .handshakeCompleted])
        }
    }

    @Test("A client's last flight and its first request leave in one flush")
    func oneFlushForFinishedAndRequest() throws {
        try withChannels { channels in
            try channels.connect()
            channels.client.send("first")
            channels.carry(from: channels.client, to: channels.server)
            let flushes = channels.client.socket.flushCount
            channels.carry(from: channels.server, to: channels.client)
            #expect(channels.client.socket.flushCount == flushes + 1)
            channels.shuttle()
            #expect(channels.server.received == "first")
        }
    }

    @Test("A server makes no session before the first bytes are TLS")
    func lazySession() throws {
        try withChannels { channels in
            try channels.connect()
            #expect(channels.server.handler?.session == nil)
            var flight = channels.client.takeWritten()
            for _ in 0..<8 {
                channels.server.deliver(flight.take(1))
                #expect(channels.server.handler?.session == nil)
            }
            channels.server.deliver(flight.take(1))
            #expect(channels.server.handler?.session != nil)
        }
    }

    @Test(
        "A server names what speaks to it instead of TLS",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "HTTP", .http), ("CONNECT db:1 HTTP/1.1\r\n", "HTTP", .http),
            ("PRI * HTTP/2.0\r\n", "HTTP", .http), ("SSH-2.0-OpenSSH_9.2\r\n", "SSH", .ssh),
            ("\0\0\u{1}\u{2}[0, 0, null]", "unencrypted message of 258 bytes", .unencryptedFrame(length: 258)),
            ("\u{1B}[2J\n", "\\u{1b}[2J\\n", .unknown), ("\u{16}\u{1}\u{3}", "\\u{16}", .unknown),
        ] as [(String, String, TLSError.OtherProtocol)]
    )
    func peerIsNotTLS(firstBytes: String, named: String, spoken: TLSError.OtherProtocol) throws {
        try withChannels { channels in
            try channels.server.connect()
            channels.server.deliver(firstBytes)
            let error = try #require(channels.server.error)
            #expect(error.cause == .peerIsNotTLS(spoken))
            #expect(error.message.contains(named))
            #expect(error.peerAddress == "127.0.0.1:1")
            #expect(!channels.server.isOpen)
            #expect(channels.server.application.events == [.active, .error, .inactive])
        }
    }

    @Test("A client names what answers it instead of TLS")
    func serverIsNotTLS() throws {
        try withChannels { channels in
            try channels.client.connect()
            channels.client.deliver("SSH-2.0-OpenSSH_9.2\r\n")
            #expect(channels.client.error?.cause == .peerIsNotTLS(.ssh))
            #expect(channels.client.error?.message.contains("the server does not speak TLS") == true)
            #expect(!channels.client.isOpen)
        }
    }

    @Test("A hello that declares more than 32 KiB is refused before OpenSSL sees it", arguments: [false, true])
    func largeHello(inTinyRecords: Bool) throws {
        try withChannels { channels in
            try channels.server.connect()
            let header: [UInt8] = [1, 0, 0x80, 1]
            if inTinyRecords {
                for byte in header { channels.server.deliver(ByteBuffer(bytes: [22, 3, 1, 0, 1, byte])) }
            } else {
                channels.server.deliver(ByteBuffer(bytes: [22, 3, 1, 2, 0] + header))
            }
            #expect(channels.server.error?.cause == .handshakeTooLarge)
            #expect(channels.server.handler?.session == nil)
            // The alert has no session to come from: version 3.1 as offered, fatal, illegal_parameter.
            #expect(Array(channels.server.takeWritten().readableBytesView) == [21, 3, 1, 0, 2, 2, 47])
            channels.loop.advanceTime(by: .seconds(1))  // for the client to read it
            #expect(!channels.server.isOpen)
        }
    }

    @Test("A handshake that goes on for too many bytes is given up")
    func handshakeInputLimit() throws {
        try withChannels(server: TLSConnectionLimits(handshakeInput: 200)) { channels in
            try channels.connect()
            channels.shuttle()
            #expect(channels.server.error?.cause == .handshakeTooLarge)
            #expect(channels.server.application.events == [.active, .error, .inactive])
            #expect(channels.client.error?.cause == .closedDuringHandshake)
        }
    }

    @Test("Application data before the handshake is over ends the connection")
    func earlyApplicationData() throws {
        try withChannels { channels in
            try channels.connect()
            channels.carry(from: channels.client, to: channels.server)
            channels.server.deliver(ByteBuffer(bytes: [23, 3, 3, 0, 20] + [UInt8](repeating: 7, count: 20)))
            #expect(channels.server.error?.phase == .handshake)
            #expect(channels.server.received.isEmpty)
        }
    }

    @Test("An end of the stream at any byte of the client's flights is an error at once")
    func endDuringHandshake() throws {
        let lengths = try self.clientFlightLengths()
        for cut in Array(0..<12) + [lengths.first / 2, lengths.first, lengths.first + 1, lengths.total - 1] {
            try withChannels { channels in
                try channels.connect()
                var left = cut
                for _ in 0..<2 {
                    var flight = channels.client.takeWritten()
                    if let piece = flight.readSlice(length: min(left, flight.readableBytes)), piece.readableBytes > 0 {
                        left -= piece.readableBytes
                        channels.server.deliver(piece)
                    }
                    channels.carry(from: channels.server, to: channels.client)
                }
                channels.server.socket.deliverEnd(channels.server.channel)
                #expect(channels.server.error?.cause == .closedDuringHandshake, "after \(cut) bytes")
                channels.loop.run()
                #expect(!channels.server.isOpen)
            }
        }
    }

    private func clientFlightLengths() throws -> (first: Int, total: Int) {
        var lengths: [Int] = []
        try withChannels { channels in
            try channels.connect()
            for _ in 0..<2 {
                let flight = channels.client.takeWritten()
                lengths.append(flight.readableBytes)
                channels.server.deliver(flight)
                channels.carry(from: channels.server, to: channels.client)
            }
        }
        return (lengths[0], lengths.reduce(0, +))
    }

    @Test("A client that does not trust the server tells it so")
    func untrustedServer() throws {
        var parties = try Parties()
        parties.client = TLSConfiguration(trustRoots: .pem(try Parties.files.get().client.chainPEM))
        try withChannels(parties) { channels in
            try channels.connect()
            channels.shuttle()
            #expect(channels.client.error?.cause == .unknownAuthority)
            #expect(channels.server.error?.cause == .certificateRejectedByPeer(alert: 48))
            #expect(!channels.client.isOpen && !channels.server.isOpen)
        }
    }
}

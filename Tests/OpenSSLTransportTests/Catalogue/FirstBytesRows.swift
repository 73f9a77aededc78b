import COpenSSL
import NIOCore
import NIOPosix
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: the other side does not speak TLS, or leaves before it has", .tags(.catalogue))
struct FirstBytesRows {
    @Test(
        "18. HTTP without TLS comes to a server: nothing is sent back",
        arguments: ["GET / HTTP/1.1\r\nHost: db1\r\n\r\n", "CONNECT db1:443 HTTP/1.1\r\n\r\n"]
    )
    func http(request: String) throws {
        try withChannels { channels in
            try channels.server.connect()
            channels.server.deliver(request)
            let start = EscapedText(request.prefix(32)).description
            try expect(
                channels.server.error,
                as: .server,
                Expectation(
                    .peerIsNotTLS(.http),
                    "the client does not speak TLS: it began with \"\(start)\"; it speaks HTTP",
                    hint: "Have the client use TLS"
                )
            )
            #expect(channels.server.takeWritten().readableBytes == 0)
            #expect(!channels.server.isOpen)
        }
        // Without our look at the first bytes, OpenSSL finds out itself.
        let server = try MemoryParty(Parties().server.context(for: .server), host: nil)
        server.receive(Array(request.utf8))
        _ = server.step()
        try expect(
            server.error,
            as: .server,
            Expectation(
                .peerIsNotTLS(.http),
                "the client does not speak TLS but HTTP",
                hint: "with https if it is meant to",
                code: request.hasPrefix("CONNECT") ? "0A00009B" : "0A00009C"
            )
        )
        #expect(server.takeOutput().isEmpty)
    }

    @Test("19. Unencrypted messages, or SSH, come to a server")
    func otherProtocols() throws {
        let others: [(String, TLSError.OtherProtocol, String)] = [
            // Its content is not told.
            (
                "\0\0\0\u{10}[0, 0, \"ohai\"]", .unencryptedFrame(length: 16),
                "what looks like an unencrypted message of 16 bytes"
            ),
            ("SSH-2.0-OpenSSH_9.2\r\n", .ssh, #""SSH-2.0-OpenSSH_9.2\r\n"; it speaks SSH"#),
        ]
        for (bytes, spoken, guess) in others {
            try withChannels { channels in
                try channels.server.connect()
                channels.server.deliver(bytes)
                try expect(
                    channels.server.error,
                    as: .server,
                    Expectation(
                        .peerIsNotTLS(spoken),
                        "the client does not speak TLS: it began with \(guess)",
                        hint: "Have the client use TLS"
                    )
                )
                #expect(channels.server.takeWritten().readableBytes == 0)
            }
            let server = try MemoryParty(Parties().server.context(for: .server), host: nil)
            server.receive(Array(bytes.utf8))
            _ = server.step()
            try expect(
                server.error,
                as: .server,
                Expectation(
                    .peerIsNotTLS(.unknown),
                    "the client does not speak TLS: its first bytes are no TLS record",
                    hint: "has TLS turned on (tls://, not tcp://)",
                    code: "0A00010B"
                )
            )
        }
    }

    // What a server without TLS says of this is in SecureChannelTests: its messages begin with lengths, not ours.
    @Test("20. A client comes to a server without TLS")
    func serverIsPlain() throws {
        let others: [(String, TLSError.OtherProtocol, String)] = [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", .http, "it speaks HTTP"),
            ("SSH-2.0-OpenSSH_9.2\r\n", .ssh, "it speaks SSH"),
            ("220 mail ready\r\n", .unknown, "nothing known begins like that"),
        ]
        for (bytes, spoken, guess) in others {
            try withChannels { channels in
                try channels.client.connect()
                #expect(channels.client.takeWritten().readableBytesView.starts(with: [0x16, 0x03, 0x01]))
                channels.client.deliver(bytes)
                let start = EscapedText(bytes.prefix(32)).description
                try expect(
                    channels.client.error,
                    as: .client,
                    Expectation(
                        .peerIsNotTLS(spoken),
                        "the server does not speak TLS: it began with \"\(start)\"; \(guess)",
                        hint: "a server without TLS needs an address without TLS"
                    )
                )
            }
        }
        let client = try MemoryParty(Parties().client.context(for: .client), host: "localhost")
        _ = client.step()
        client.receive(Array("220 mail ready\r\n".utf8))
        _ = client.step()
        try expect(
            client.error,
            as: .client,
            Expectation(
                .peerIsNotTLS(.unknown),
                "the server does not speak TLS: its first bytes are no TLS record",
                hint: "that the server there has TLS turned on",
                code: "0A00010B"
            )
        )
    }

    @Test(
        "A client speaks TLS, but does not begin as it must",
        arguments: [
            (
                [22, 3, 1, 2, 0, 1, 1, 0, 0], .handshakeTooLarge, "the client announced a hello of 65536 bytes",
                "No honest client needs that many"
            ),
            (
                [128, 46, 1, 3, 1], .versionMismatch, "the client's hello is in the form of SSL 2.0", "SSLv2Hello"
            ),
            (
                [23, 3, 3, 0, 30], .protocolViolation, "a record of TLS, but did not begin with a hello",
                "open already"
            ),
            (
                [21, 3, 3, 0, 2, 2, 80], .alertReceived(80),
                "the client gave up before its hello, with an alert (alert 80, internal error)",
                "The client's log says why"
            ),
        ] as [([UInt8], TLSError.Cause, String, String)]
    )
    func wrongBeginning(bytes: [UInt8], cause: TLSError.Cause, words: String, hint: String) throws {
        try withChannels { channels in
            try channels.server.connect()
            channels.server.deliver(ByteBuffer(bytes: bytes))
            let error = try #require(channels.server.error)
            #expect(error.cause == cause)
            #expect(error.message.contains(words) && error.hint.contains(hint), "\(error)")
            #expect(!error.message.contains("does not speak TLS"))
        }
    }

    @Test("22. The other side closes before it has said anything, or in the middle of the handshake")
    func closed() throws {
        try withChannels { channels in
            try channels.connect()
            channels.client.socket.deliverEnd(channels.client.channel)
            try expect(
                channels.client.error,
                as: .client,
                Expectation(
                    .closedDuringHandshake,
                    "the server closed the connection before it said anything in TLS",
                    hint: "Often it is the wrong port, a service without TLS, a health check",
                    alertSent: 50,
                    code: "0A000126"
                )
            )
            channels.server.socket.deliverEnd(channels.server.channel)
            try expect(
                channels.server.error,
                as: .server,
                Expectation(
                    .closedDuringHandshake,
                    "the client closed the connection before the handshake was over",
                    hint: "Port scanners and health checks do so"
                )
            )
        }
        try withChannels { channels in
            try channels.connect()
            channels.carry(from: channels.client, to: channels.server)
            channels.server.socket.deliverEnd(channels.server.channel)
            try expect(
                channels.server.error,
                as: .server,
                Expectation(
                    .closedDuringHandshake,
                    "the client closed the connection in the middle of the handshake",
                    hint: "often it does not like our certificate",
                    alertSent: 50,
                    code: "0A000126"
                )
            )
        }
    }
}

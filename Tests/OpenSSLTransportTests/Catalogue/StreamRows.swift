import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: what happens to an open connection, or to the line", .tags(.catalogue))
struct StreamRows {
    @Test("21. A record is longer than TLS allows")
    func oversizedRecord() throws {
        try withOpenChannels { channels in
            channels.server.deliver(ByteBuffer(bytes: [0x17, 3, 3, 0xFF, 0xFF] + Array(repeating: 0, count: 65_535)))
            try expect(
                channels.server.error,
                as: .server,
                Expectation(
                    .protocolViolation,
                    phase: .established,
                    "the client announces a record that is longer than TLS allows",
                    hint: "nothing on the way alters data",
                    alertSent: 22
                )
            )
            channels.shuttle()
            try expect(
                channels.client.error,
                as: .client,
                Expectation(
                    .alertReceived(22),
                    phase: .established,
                    "the server ended it with an alert (alert 22, record overflow)",
                    hint: "Something on the way alters data",
                    alertReceived: 22,
                    code: "0A0003FE"
                )
            )
        }
    }

    // How much of a message had come by then is said by the channel above, in SecureChannelTests.
    @Test("23. A stream ends without close_notify")
    func truncated() throws {
        try withOpenChannels { channels in
            channels.client.socket.deliverEnd(channels.client.channel)
            try expect(
                channels.client.error,
                as: .client,
                Expectation(
                    .truncated,
                    phase: .established,
                    "the server ended the stream without TLS's end (close_notify): bytes may be missing",
                    hint: "it may have crashed",
                    alertSent: 50,
                    code: "0A000126"
                )
            )
            channels.shuttle()
            try expect(
                channels.server.error,
                as: .server,
                Expectation(
                    .alertReceived(50),
                    phase: .established,
                    "the client ended it with an alert (alert 50, decode error)",
                    hint: "It may have seen the connection end in the middle",
                    alertReceived: 50,
                    code: "0A00041A"
                )
            )
        }
    }

    @Test("24. A record is altered on its way", arguments: [TLSVersion.tls12, .tls13])
    func corrupted(version: TLSVersion) throws {
        try withOpenChannels(Parties(version: version)) { channels in
            channels.client.send("ohai")
            var record = channels.client.takeWritten()
            let last = record.writerIndex - 1
            record.setInteger(try #require(record.getInteger(at: last, as: UInt8.self)) ^ 1, at: last)
            channels.server.deliver(record)
            try expect(
                channels.server.error,
                as: .server,
                Expectation(
                    .corruptedRecord,
                    phase: .established,
                    "a record from the client is not what it sent: its authentication code is wrong",
                    hint: "look for a proxy, a middlebox or broken hardware",
                    alertSent: 20,
                    code: "0A000119"
                )
            )
            channels.shuttle()
            try expect(
                channels.client.error,
                as: .client,
                Expectation(
                    .alertReceived(20),
                    phase: .established,
                    "the server ended it with an alert (alert 20, bad record mac)",
                    hint: "Something on the way alters data",
                    alertReceived: 20,
                    code: "0A0003FC"
                )
            )
        }
    }

    @Test("38. The line is reset in the handshake, or later")
    func reset() async throws {
        let plain = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Resetting()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let early = try await Self.firstError(port: plain.localAddress?.port ?? 0, write: false)
        try expect(
            early,
            as: .client,
            Expectation(
                .connectionBroken(errno: ECONNRESET),
                "the connection to the server broke: Connection reset by peer",
                hint: "it did not like something and said nothing"
            )
        )
        try await plain.close()

        let server = try await LoopbackServer(Parties().server) { Resetting() }
        let late = try await Self.firstError(port: server.port, write: true)
        try expect(
            late,
            as: .client,
            Expectation(
                .connectionBroken(errno: ECONNRESET),
                phase: .established,
                "the connection to the server broke: Connection reset by peer",
                hint: "broke it off, without an alert"
            )
        )
        try await server.close()
    }

    private static func firstError(port: Int, write: Bool) async throws -> TLSError? {
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let context = try Parties().client.context(for: .client)
        let channel = try await LoopbackServer.connect(context, port: port) { Reporter(continuation) }
        if write { channel.writeAndFlush(ByteBuffer(string: "ohai"), promise: nil) }
        var errors: [any Error] = []
        for await item in news { if case .error(let error) = item { errors.append(error) } }
        #expect(errors.count == 1)
        return errors.first as? TLSError
    }

    @Test("38. An alert that came before the line broke is the error, and the only one")
    func alertBeforeReset() throws {
        try withChannels(Parties(mutual: true, clientHasCertificate: false)) { channels in
            try channels.connect()
            channels.carry(from: channels.client, to: channels.server)
            channels.carry(from: channels.server, to: channels.client)
            channels.carry(from: channels.client, to: channels.server)
            channels.client.deliver(channels.server.takeWritten())
            channels.client.channel.pipeline.fireErrorCaught(IOError(errnoCode: EPIPE, reason: "write"))
            #expect(channels.client.application.errors.count == 1)
            #expect(channels.client.error?.cause == .certificateRejectedByPeer(alert: 116))
            #expect(channels.client.error?.alertReceived == 116)
        }
    }
}

/// Resets the connection at the first bytes, beneath TLS if there is any.
private final class Resetting: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = context.channel
        let tls = try? channel.pipeline.syncOperations.context(handlerType: TLSHandler.self)
        guard let socket = channel as? any SocketOptionProvider else { return }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated()
            .whenComplete { _ in (tls ?? context).close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

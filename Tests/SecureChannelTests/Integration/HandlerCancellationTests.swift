import NIOCore
import OpenSSLTransport
import Testing

@testable import SecureChannel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Drain timeouts are out of reach but where they are the point.
@Suite("Handlers whose client goes away", .timeLimit(.minutes(1)))
struct HandlerCancellationTests {
    /// Breaks the client's end off, without a word in TLS: a reset, and a hang-up on a Unix socket, which has none.
    private func breakOff(_ channel: SecureChannel.Channel) async throws {
        let connection = try await connection(of: channel)
        if let provider = connection as? any SocketOptionProvider, connection.localAddress?.port != nil {
            try await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        // Below TLS, which would say goodbye.
        await withCheckedContinuation { continuation in
            channel.onLoop { core in
                switch core.channelProtocol.transport {
                case let transport as TLSTransport: transport.context?.close(promise: nil)
                case let transport as PlainTransport: transport.context?.close(promise: nil)
                default: break
                }
                continuation.resume()
            }
        }
    }

    private func connection(of channel: SecureChannel.Channel) async throws -> any NIOCore.Channel {
        let connection = await withCheckedContinuation { continuation in
            channel.onLoop { core in
                let context =
                    switch core.channelProtocol.transport {
                    case let transport as TLSTransport: transport.context
                    case let transport as PlainTransport: transport.context
                    default: ChannelHandlerContext?.none
                    }
                continuation.resume(returning: context?.channel)
            }
        }
        return try #require(connection)
    }

    /// A server whose handlers of "long" work until they are cancelled, and those of "wait" until `gate` opens.
    private func withServer(
        _ kind: TransportKind,
        drainTimeout: Duration = .seconds(1000),
        gate: Gate = Gate(),
        _ body: @escaping @Sendable (SecureChannel.Channel, _ began: Gate, _ cancelled: Gate) async throws -> Void
    ) async throws {
        let (began, cancelled) = (Gate(), Gate())
        let configuration = ServerConfiguration(channel: ChannelConfiguration(drainTimeout: drainTimeout))
        try await withPair(kind, server: configuration) { channel in
            try await channel.serve { (text: String) in
                began.open()
                if text == "wait" {
                    await gate.wait()
                } else {
                    do { try await Task.sleep(for: .seconds(1000)) } catch { cancelled.open() }
                }
                return text
            }
        } _: { channel, _ in
            try await body(channel, began, cancelled)
        }
    }

    @Test(
        "They are cancelled when the connection is reset or hung up",
        arguments: TransportKind.allCases,
        [false, true]
    )
    func reset(_ kind: TransportKind, afterHalfClose: Bool) async throws {
        try await withServer(kind) { channel, began, cancelled in
            let reply = Task { try await channel.send("long") as String }
            await began.wait()
            if afterHalfClose { try? await connection(of: channel).close(mode: .output) }
            try await breakOff(channel)
            await cancelled.wait()
            await #expect(throws: (any Error).self) { _ = try await reply.value }
        }
    }

    @Test("So they are when nothing more is read, because too many requests are open")
    func resetWhilePaused() async throws {
        let (began, cancelled) = (Counter(), Gate())
        let configuration = ServerConfiguration(
            channel: ChannelConfiguration(maximumInboundRequests: 1, drainTimeout: .seconds(1000))
        )
        try await withPair(.tcp, server: configuration) { channel in
            try await channel.serve { (_: Value) in
                began.increment()
                do { try await Task.sleep(for: .seconds(1000)) } catch { cancelled.open() }
                return 0
            }
        } _: { _, server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            for id in 0..<100 as Range<UInt32> { try await peer.send(packedRequest(id, [0xC0])) }
            while began.value < 2 { await Task.yield() }
            try await peer.reset()
            await cancelled.wait()
        }
    }

    @Test("They are cancelled when a reply cannot be written because the client is gone")
    func failedWrite() async throws {
        let gate = Gate()
        try await withServer(.tcp, gate: gate) { channel, began, cancelled in
            let (waiting, long) = (
                Task { try await channel.send("wait") as String },
                Task {
                    try await channel.send("long") as String
                }
            )
            await began.wait()
            while await channel.outstanding.calls < 2 { await Task.yield() }
            // Gone without a reset, as far as the server can see until it writes.
            try await connection(of: channel).close()
            gate.open()
            await cancelled.wait()
            _ = await (waiting.result, long.result)
        }
    }

    @Test("They run on after a plain end of input, and their replies arrive")
    func halfClose() async throws {
        let gate = Gate()
        let isCancelled = Gate()
        let ends = Seen()
        try await withPair(.tcp) { channel in
            try await channel.serve { (_: Value) in
                await withTaskCancellationHandler {
                    await gate.wait()
                } onCancel: {
                    ends.note("cancelled")
                    isCancelled.open()
                }
                ends.note("ended")
                return "done"
            }
        } _: { _, server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0)
            try await peer.send(packedRequest(0, [0xC0]))
            try await peer.endOutput()
            let channel = try #require(await drainingChannel(of: server))
            gate.open()
            #expect(await peer.readFrame() == [0x93, 1, 0, 0xA4] + Array("done".utf8))
            #expect(await peer.readToEnd() == [])
            #expect(ends.entries.first == "ended")
            await channel.waitUntilClosed()
        }
    }

    /// The server's channel whose peer has ended its side.
    private func drainingChannel(of server: Server) async -> SecureChannel.Channel? {
        while true {
            for channel in server.channels where await channel.end?.code == .connectionClosed { return channel }
            await Task.yield()
        }
    }

    @Test(
        "They are cancelled when the drain timeout is over after a plain end of input",
        arguments: [
            TransportKind.tcp, .mutualTLS,
        ]
    )
    func drainTimeout(_ kind: TransportKind) async throws {
        try await withServer(kind, drainTimeout: .milliseconds(50)) { channel, began, cancelled in
            let reply = Task { try await channel.send("long") as String }
            await began.wait()
            try await connection(of: channel).close(mode: .output)
            await cancelled.wait()
            await #expect(throws: (any Error).self) { _ = try await reply.value }
        }
    }
}

import NIOCore
import NIOPosix
import Testing

@testable import OpenSSLTransport

@Suite("Over TCP")
struct SocketTests {
    @Test("Sixteen mebibytes come back unchanged", arguments: [TLSVersion.tls12, .tls13])
    func largeEcho(version: TLSVersion) async throws {
        let parties = try Parties(version: version, mutual: true)
        let server = try await LoopbackServer(parties.server) { Echo() }
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await server.connect(parties.client) { Reporter(continuation) }

        let sent = randomBytes(16 << 20)
        async let write: Void = channel.writeAndFlush(sent)
        var received = ByteBuffer()
        for await item in news {
            if case .bytes(var bytes) = item { received.writeBuffer(&bytes) }
            if case .error(let error) = item { throw error }
            if received.readableBytes >= sent.readableBytes { break }
        }
        try await write
        #expect(received == sent)
        try await channel.close()
        try await server.close()
    }

    @Test("A rejected client learns why, however much it has written already", arguments: [0, 1 << 16, 1 << 20])
    func rejection(written: Int) async throws {
        let parties = try Parties(mutual: true, clientHasCertificate: false)
        let server = try await LoopbackServer(parties.server) { Echo() }
        for _ in 0..<10 {
            let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
            let channel = try await server.connect(parties.client) { Reporter(continuation) }
            channel.writeAndFlush(ByteBuffer(repeating: 1, count: written), promise: nil)
            var errors: [any Error] = []
            for await item in news { if case .error(let error) = item { errors.append(error) } }
            #expect(errors.count == 1)
            #expect((errors.first as? TLSError)?.cause == .certificateRejectedByPeer(alert: 116), "\(errors)")
        }
        try await server.close()
    }

    @Test("A close in the middle of the peer's ten megabytes is no error for whoever closes")
    func closeInFlight() async throws {
        let parties = try Parties()
        let server = try await LoopbackServer(parties.server) { Flood(count: 10_000_000) }
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await server.connect(parties.client) { Reporter(continuation) }
        var closing: EventLoopFuture<Void>?
        for await item in news {
            switch item {
            case .bytes where closing == nil: closing = channel.close()
            case .error(let error): Issue.record(error)
            default: break
            }
        }
        try await closing?.get()
        #expect(closing != nil)
        try await server.close()
    }

    @Test("A slow reader stops the writer, and gets everything in the end")
    func slowReader() async throws {
        let parties = try Parties()
        let count = 32_000_000
        let server = try await LoopbackServer(parties.server) { Flood(count: count) }
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await server.connect(parties.client, autoRead: false) { Reporter(continuation) }
        var received = 0
        for await item in news {
            if case .bytes(let bytes) = item { received += bytes.readableBytes }
            if case .error(let error) = item { throw error }
            if received == count { break }
            channel.read()
        }
        #expect(received == count)
        try await channel.close()
        try await server.close()
    }

    @Test("Connections that come and go leave no handler behind")
    func comeAndGo() async throws {
        let parties = try Parties(mutual: true)
        let server = try await LoopbackServer(parties.server) { Echo() }
        for index in 0..<30 {
            let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
            let channel = try await server.connect(parties.client) { Reporter(continuation) }
            let handler = try await channel.eventLoop.submit {
                WeakHandler(try channel.pipeline.syncOperations.handler(type: TLSHandler.self))
            }.get()
            if index % 3 > 0 { try await channel.writeAndFlush(ByteBuffer(string: "hello")) }
            try await channel.close()
            for await _ in news {}
            try await channel.closeFuture.get()
            // What NIO still has to do after a close, it does in its next tick.
            try await channel.eventLoop.submit {}.get()
            #expect(handler.isGone)
        }
        try await server.close()
    }
}

/// Asks for a handler without keeping it; only to see that it is gone.
private final class WeakHandler: @unchecked Sendable {
    private weak var handler: TLSHandler?

    init(_ handler: TLSHandler) { self.handler = handler }

    var isGone: Bool { self.handler == nil }
}

/// Sends many bytes at once as soon as it can.
private final class Flood: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let count: Int

    init(count: Int) { self.count = count }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(repeating: 1, count: self.count)), promise: nil)
        context.fireChannelActive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }
}

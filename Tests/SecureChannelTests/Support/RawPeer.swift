import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One end of a plain connection that speaks whatever bytes a test gives it, and nothing by itself.
final class RawPeer: Sendable {
    private let channel: any NIOCore.Channel
    private let inbox: Inbox

    private init(_ channel: any NIOCore.Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    static func connect(port: Int, reads: Bool = true) async throws -> RawPeer {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { $0.pipeline.addHandler(Collector(inbox)) }
            .connect(host: "127.0.0.1", port: port).get()
        return RawPeer(channel, inbox)
    }

    /// Listens, lets `connect` reach the port, and gives back the first peer that came.
    static func accept<Result: Sendable>(
        reads: Bool = true,
        _ body: @escaping @Sendable (Int, @escaping @Sendable () async throws -> RawPeer) async throws -> Result
    ) async throws -> Result {
        let (peers, continuation) = AsyncStream.makeStream(of: RawPeer.self)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: reads)
            .childChannelInitializer { channel in
                let inbox = Inbox()
                continuation.yield(RawPeer(channel, inbox))
                return channel.pipeline.addHandler(Collector(inbox))
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { listener.close(promise: nil) }
        return try await body(listener.localAddress?.port ?? 0) {
            for await peer in peers { return peer }
            throw NIOCore.ChannelError.eof
        }
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends without waiting for the other side to take it.
    func push(_ bytes: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// The next `count` bytes; fewer if the stream ends before.
    func read(_ count: Int) async -> [UInt8] { await inbox.take(count, on: channel.eventLoop) }

    /// One length-prefixed payload; nil at the end.
    func readFrame() async -> [UInt8]? {
        let prefix = await read(4)
        guard prefix.count == 4 else { return nil }
        let length = prefix.reduce(0) { $0 << 8 | Int($1) }
        let payload = await read(length)
        return payload.count == length ? payload : nil
    }

    /// Everything until the stream ends.
    func readToEnd() async -> [UInt8] { await read(.max) }

    func setReading(_ on: Bool) async throws { try await channel.setOption(.autoRead, value: on).get() }

    func endOutput() async throws { try await channel.close(mode: .output) }

    /// Closes with a reset, as a crashed host would.
    func reset() async throws {
        if let provider = channel as? any SocketOptionProvider {
            try await provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try await channel.close()
    }

    func close() async { try? await channel.close() }
    func waitUntilClosed() async { try? await channel.closeFuture.get() }

    /// What has been read and who waits for it; touched on the event loop only.
    private final class Inbox: @unchecked Sendable {
        private var bytes = ByteBuffer()
        private var isAtEnd = false
        private var waiter: (count: Int, continuation: CheckedContinuation<[UInt8], Never>)?

        func take(_ count: Int, on loop: any EventLoop) async -> [UInt8] {
            await withCheckedContinuation { continuation in
                loop.execute {
                    self.waiter = (count, continuation)
                    self.serve()
                }
            }
        }

        func add(_ more: ByteBuffer) {
            bytes.writeImmutableBuffer(more)
            serve()
        }

        func end() {
            isAtEnd = true
            serve()
        }

        private func serve() {
            guard let waiter, bytes.readableBytes >= waiter.count || isAtEnd else { return }
            self.waiter = nil
            let taken = bytes.readBytes(length: min(waiter.count, bytes.readableBytes)) ?? []
            if bytes.readableBytes == 0 { bytes.clear() }
            waiter.continuation.resume(returning: taken)
        }
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let inbox: Inbox

        init(_ inbox: Inbox) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            inbox.add(unwrapInboundIn(data))
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { inbox.end() }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        func channelInactive(context: ChannelHandlerContext) { inbox.end() }
    }
}

/// A payload with its length before it.
func frame(_ payload: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
}

/// A request in MessagePack, written by hand: `[0, id, content]`, the id as an unsigned 32-bit integer.
func packedRequest(_ id: UInt32, _ content: [UInt8]) -> [UInt8] {
    frame([0x93, 0x00, 0xCE] + withUnsafeBytes(of: id.bigEndian) { Array($0) } + content)
}

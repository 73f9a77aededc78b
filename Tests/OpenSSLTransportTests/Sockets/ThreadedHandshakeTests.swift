import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import OpenSSLTransport

/// Steps of the handshake on threads, as keys of stores need it.
@Suite("Handshakes on threads")
struct ThreadedHandshakeTests {
    private static var limits: TLSConnectionLimits {
        var limits = TLSConnectionLimits()
        limits.shakesHandsOnThreads = true
        return limits
    }

    private func server(_ configuration: TLSConfiguration) async throws -> any Channel {
        let context = try configuration.context(for: .server)
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context, host: nil, limits: Self.limits),
                        Echo()
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    private func connect(
        _ configuration: TLSConfiguration,
        to server: any Channel
    ) async throws -> (any Channel, AsyncStream<Reporter.News>) {
        let context = try configuration.context(for: .client)
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context, host: "localhost", limits: Self.limits),
                        Reporter(continuation)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0)
            .get()
        return (channel, news)
    }

    @Test("Both sides shake hands and exchange a mebibyte", arguments: [TLSVersion.tls12, .tls13])
    func works(version: TLSVersion) async throws {
        let parties = try Parties(version: version, mutual: true)
        let server = try await self.server(parties.server)
        let (channel, news) = try await self.connect(parties.client, to: server)
        let sent = randomBytes(1 << 20)
        async let write: Void = channel.writeAndFlush(sent)
        var received = ByteBuffer()
        var isComplete = false
        for await item in news {
            switch item {
            case .handshakeCompleted(let information):
                isComplete = true
                #expect(information.isPeerVerified)
            case .bytes(var bytes):
                #expect(isComplete)
                received.writeBuffer(&bytes)
            case .error(let error): throw error
            case .inputClosed: break
            }
            if received.readableBytes >= sent.readableBytes { break }
        }
        try await write
        #expect(received == sent)
        try await channel.close()
        try await server.close()
    }

    @Test("A rejected client learns why, with the alert")
    func rejection() async throws {
        let parties = try Parties(mutual: true, clientHasCertificate: false)
        let server = try await self.server(parties.server)
        for _ in 0..<10 {
            let (channel, news) = try await self.connect(parties.client, to: server)
            channel.writeAndFlush(ByteBuffer(repeating: 1, count: 100_000), promise: nil)
            var errors: [any Error] = []
            for await item in news { if case .error(let error) = item { errors.append(error) } }
            #expect(errors.count == 1)
            #expect((errors.first as? TLSError)?.cause == .certificateRejectedByPeer(alert: 116), "\(errors)")
        }
        try await server.close()
    }

    @Test("Connections that are closed at any moment of it end in peace")
    func closedMeanwhile() async throws {
        let parties = try Parties(mutual: true)
        let server = try await self.server(parties.server)
        for number in 0..<200 {
            let (channel, news) = try await self.connect(parties.client, to: server)
            if number % 2 == 0 {
                for await case .handshakeCompleted in news { break }
            }
            for _ in 0..<number { await Task.yield() }
            try? await channel.close()
            for await _ in news {}
        }
        // And the server is as good as before.
        let (channel, news) = try await self.connect(parties.client, to: server)
        channel.writeAndFlush(ByteBuffer(string: "still there?"), promise: nil)
        var isAnswered = false
        for await item in news {
            if case .bytes(let bytes) = item { isAnswered = String(buffer: bytes) == "still there?" }
            if isAnswered { break }
        }
        #expect(isAnswered)
        try await channel.close()
        try await server.close()
    }

    private func handshake(of news: AsyncStream<Reporter.News>) async throws -> TLSConnectionInformation? {
        for await item in news {
            switch item {
            case .handshakeCompleted(let information): return information
            case .error(let error): throw error
            case .bytes, .inputClosed: continue
            }
        }
        return nil
    }

    private static let isReleased = Atomic(false)

    @Test("Where all threads of one library context are taken, handshakes of others go on")
    func hungToken() async throws {
        let hung = try Parties(providers: ["default"])
        let other = try Parties(providers: .init(["default"], properties: "?provider=default"))
        let threads = try #require(hung.server.context(for: .server).library).threads
        let gate = DispatchSemaphore(value: 0)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let waits = (0..<4).map { _ in threads.run(replyOn: loop) { gate.wait() } }
        defer { for _ in waits { gate.signal() } }
        let hungServer = try await self.server(hung.server)
        let (hungChannel, hungNews) = try await self.connect(hung.client, to: hungServer)
        async let late = {
            let information = try await self.handshake(of: hungNews)
            let isReleased = Self.isReleased.load(ordering: .relaxed)
            #expect(isReleased)
            return information
        }()

        let otherServer = try await self.server(other.server)
        let (otherChannel, otherNews) = try await self.connect(other.client, to: otherServer)
        #expect(try await self.handshake(of: otherNews)?.isPeerVerified == true)
        Self.isReleased.store(true, ordering: .relaxed)
        for _ in waits { gate.signal() }
        #expect(try await late?.isPeerVerified == true)
        for channel in [hungChannel, otherChannel, hungServer, otherServer] { try await channel.close() }
    }
}

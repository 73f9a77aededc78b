import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import OpenSSLTransport

/// Says something before its handshake is over, so that it goes out together with the last flight.
private final class EarlyWriter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(string: "one")), promise: nil)
        context.fireChannelActive()
    }
}

@Suite("What a paused handshake leaves behind")
struct AfterPauseTests {
    enum Pause: CaseIterable { case step, approval }

    private static var limits: TLSConnectionLimits {
        var limits = TLSConnectionLimits()
        limits.shakesHandsOnThreads = true
        return limits
    }

    private func server(_ pause: Pause) async throws -> any Channel {
        let settings = try Parties(mutual: true).server.settings
        let approve: @Sendable (TLSPeerChain) async throws -> Void = { _ in }
        let configuration = TLSConfiguration(
            certificate: settings.certificate,
            privateKey: settings.privateKey,
            trustRoots: settings.trustRoots,
            approvePeer: pause == .approval ? approve : nil
        )
        let context = try configuration.context(for: .server)
        let limits = pause == .step ? Self.limits : TLSConnectionLimits()
        return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context, host: nil, limits: limits),
                        Echo()
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    @Test(
        "Whoever speaks along with the last flight is heard again after that",
        .timeLimit(.minutes(1)),
        arguments: Pause.allCases
    )
    func readsOn(pause: Pause) async throws {
        let server = try await self.server(pause)
        let context = try Parties(mutual: true).client.context(for: .client)
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        TLSHandler(context, host: "localhost"),
                        EarlyWriter(),
                        Reporter(continuation)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0)
            .get()
        var heard = ""
        for await item in news {
            if case .bytes(let bytes) = item {
                heard += String(buffer: bytes)
                if heard == "one" { channel.writeAndFlush(ByteBuffer(string: "two"), promise: nil) }
            }
            if case .error(let error) = item { throw error }
            if heard == "onetwo" { break }
        }
        #expect(heard == "onetwo")
        try await channel.close()
        try await server.close()
    }

    /// Keeps all threads for handshakes busy while `body` runs.
    private func withoutThreads(_ body: () async throws -> Void) async throws {
        let release = Mutex(false)
        let (entered, continuation) = AsyncStream.makeStream(of: Void.self)
        let parties = try Parties()
        var channels: [any Channel] = []
        let server = try await LoopbackServer(parties.server) { Echo() }
        let settings = parties.client.settings
        let configuration = TLSConfiguration(
            trustRoots: settings.trustRoots,
            verifyPeer: { _ in
                continuation.yield()
                while !release.withLock({ $0 }) { sched_yield() }
            }
        )
        let context = try configuration.context(for: .client)
        var waiting = entered.makeAsyncIterator()
        for _ in 0..<4 {
            channels.append(try await self.connect(context, to: server.port))
            await waiting.next()
        }
        let result: Result<Void, any Error>
        do {
            try await body()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        release.withLock { $0 = true }
        for channel in channels { try? await channel.close() }
        try await server.close()
        try result.get()
    }

    private func connect(_ context: TLSContext, to port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        TLSHandler(context, host: "localhost", limits: Self.limits)
                    )
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
    }

    @Test("A connection that ends before a thread has come to its step leaves nothing for it to do")
    func abandoned() async throws {
        let parties = try Parties()
        let server = try await LoopbackServer(parties.server) { Echo() }
        try await self.withoutThreads {
            let context = try parties.client.context(for: .client)
            let channel = try await self.connect(context, to: server.port)
            let errand = try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: TLSHandler.self).connection.errand
            }.get()
            try await channel.close()
            // What a thread would do, once it came to it.
            let outcome = try #require(errand).run(limit: .max)
            #expect(outcome == nil)
        }
        try await server.close()
    }
}

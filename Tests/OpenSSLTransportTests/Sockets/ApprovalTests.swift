import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import OpenSSLTransport

/// What a program's check of a peer waits for, held in the test's hand.
private final class Gate: Sendable {
    private let (asked, askedContinuation) = AsyncStream.makeStream(of: TLSPeerChain.self)
    private let (verdicts, verdictContinuation) = AsyncStream.makeStream(of: (any Error)?.self)
    let wasCancelled = Mutex(false)

    func approve(_ chain: TLSPeerChain) async throws {
        self.askedContinuation.yield(chain)
        for await verdict in self.verdicts {
            if let verdict { throw verdict }
            return
        }
        self.wasCancelled.withLock { $0 = true }
        throw CancellationError()
    }

    /// Waits until somebody is asked about.
    func chain() async -> TLSPeerChain? { await self.asked.first { _ in true } }
    func open() { self.verdictContinuation.yield(nil) }
    func refuse(_ error: any Error) { self.verdictContinuation.yield(error) }
}

private struct Stranger: Error, CustomStringConvertible { var description: String { "not in the directory" } }

@Suite("A check of the peer that waits")
struct ApprovalTests {
    private let parties: Parties

    init() throws { self.parties = try Parties(mutual: true) }

    /// The parties' configurations, where one side asks `gate`.
    private func configurations(
        _ role: TLSRole,
        _ gate: Gate,
        handshakeTimeout: Duration = .seconds(10)
    ) -> (client: TLSConfiguration, server: TLSConfiguration) {
        func asking(_ configuration: TLSConfiguration) -> TLSConfiguration {
            let settings = configuration.settings
            return TLSConfiguration(
                certificate: settings.certificate,
                privateKey: settings.privateKey,
                trustRoots: settings.trustRoots,
                handshakeTimeout: handshakeTimeout,
                approvePeer: { try await gate.approve($0) }
            )
        }
        return role == .client
            ? (asking(self.parties.client), self.parties.server) : (self.parties.client, asking(self.parties.server))
    }

    /// A server that reports what it gets, and a client that does.
    private struct Ends {
        let server: LoopbackServer
        let channel: any Channel
        let serverNews: AsyncStream<Reporter.News>
        let clientNews: AsyncStream<Reporter.News>

        init(_ configurations: (client: TLSConfiguration, server: TLSConfiguration)) async throws {
            let (serverNews, serverContinuation) = AsyncStream.makeStream(of: Reporter.News.self)
            let (clientNews, clientContinuation) = AsyncStream.makeStream(of: Reporter.News.self)
            self.server = try await LoopbackServer(configurations.server) { Reporter(serverContinuation) }
            self.channel = try await self.server.connect(configurations.client) { Reporter(clientContinuation) }
            self.serverNews = serverNews
            self.clientNews = clientNews
        }

        func close() async throws {
            try? await self.channel.close()
            try await self.server.close()
        }
    }

    private static func bytes(_ news: AsyncStream<Reporter.News>, count: Int) async throws -> ByteBuffer {
        var received = ByteBuffer()
        for await item in news {
            if case .bytes(var bytes) = item { received.writeBuffer(&bytes) }
            if case .error(let error) = item { throw error }
            if received.readableBytes >= count { break }
        }
        return received
    }

    @Test("A server hands on nothing that a client sends before the check has approved, and then all of it")
    func serverHoldsBack() async throws {
        let gate = Gate()
        let ends = try await Ends(self.configurations(.server, gate))
        let sent = randomBytes(3 << 20)
        async let write: Void = ends.channel.writeAndFlush(sent)

        let chain = try #require(await gate.chain())
        #expect(chain.role == .server)
        #expect(chain.certificates.count == 2)
        let held = Mutex(true)
        async let received: ByteBuffer = {
            var received = ByteBuffer()
            for await item in ends.serverNews {
                switch item {
                case .handshakeCompleted(let information):
                    #expect(!held.withLock { $0 }, "told of a peer that was not approved yet")
                    #expect(information.peerCertificate?.sha256Fingerprint == chain.peer?.sha256Fingerprint)
                case .bytes(var bytes):
                    #expect(!held.withLock { $0 }, "handed on bytes of a peer that was not approved yet")
                    received.writeBuffer(&bytes)
                case .error(let error): throw error
                case .inputClosed: break
                }
                if received.readableBytes >= sent.readableBytes { break }
            }
            return received
        }()
        // The client is through its handshake, and has written: all that comes has come, or waits in the socket.
        for await case .handshakeCompleted in ends.clientNews { break }
        held.withLock { $0 = false }
        gate.open()
        #expect(try await received == sent)
        try await write
        try await ends.close()
    }

    @Test("A client sends nothing before the check has approved, and then what was written")
    func clientHoldsBack() async throws {
        let gate = Gate()
        let ends = try await Ends(self.configurations(.client, gate))
        let write: EventLoopFuture<Void> = ends.channel.writeAndFlush(ByteBuffer(string: "hello"))
        #expect(await gate.chain()?.role == .client)
        // The server is through its handshake, for it has the client's last flight; and gets no byte.
        var serverNews = ends.serverNews.makeAsyncIterator()
        guard case .handshakeCompleted = await serverNews.next() else {
            Issue.record("the server did not get through its handshake first")
            return
        }
        #expect(try await ends.channel.eventLoop.submit { write.isPending }.get())
        gate.open()
        guard case .bytes(let bytes) = await serverNews.next() else {
            Issue.record("the server did not get the bytes")
            return
        }
        #expect(String(buffer: bytes) == "hello")
        try await write.get()
        try await ends.close()
    }

    @Test("A refusal ends the connection with the reason, and hands nothing on", arguments: [TLSRole.client, .server])
    func refusal(role: TLSRole) async throws {
        let gate = Gate()
        let ends = try await Ends(self.configurations(role, gate))
        ends.channel.writeAndFlush(ByteBuffer(repeating: 7, count: 100_000), promise: nil)
        _ = await gate.chain()
        gate.refuse(Stranger())
        var errors: [any Error] = []
        for await item in role == .server ? ends.serverNews : ends.clientNews {
            switch item {
            case .error(let error): errors.append(error)
            case .bytes: Issue.record("bytes of a peer that was refused")
            case .handshakeCompleted: Issue.record("told of a peer that was refused")
            case .inputClosed: break
            }
            if role == .server, !errors.isEmpty { break }
        }
        let error = try #require(errors.first as? TLSError)
        #expect(errors.count == 1)
        #expect(error.cause == .refusedByProgram)
        #expect(error.phase == .handshake)
        #expect(error.role == role)
        #expect(error.verification?.code == 50)
        #expect(error.certificate != nil)
        #expect(error.message.hasSuffix("verifies, but the program's own check refuses it: not in the directory"))
        if role == .client {
            for await item in ends.serverNews {
                if case .bytes = item { Issue.record("the refused server got bytes") }
                if case .inputClosed = item { break }
                if case .error = item { break }
            }
        }
        try await ends.close()
    }

    @Test("A check that does not decide in the handshake's time is cancelled, and the error says who was slow")
    func slow() async throws {
        let gate = Gate()
        let ends = try await Ends(self.configurations(.server, gate, handshakeTimeout: .milliseconds(300)))
        _ = await gate.chain()
        for await case .error(let error) in ends.serverNews {
            let error = try #require(error as? TLSError)
            #expect(error.cause == .handshakeTimedOut(.approving))
            #expect(error.message.contains("approvePeer had not decided"))
            break
        }
        while !gate.wasCancelled.withLock({ $0 }) { await Task.yield() }
        // The client was through its handshake: to it this is an orderly end.
        for await item in ends.clientNews {
            if case .error(let error) = item { throw error }
            if case .inputClosed = item { break }
        }
        try await ends.close()
    }

    @Test("A client that says all it has to say and ends its side is still heard, once it is approved")
    func endsMeanwhile() async throws {
        let gate = Gate()
        let ends = try await Ends(self.configurations(.server, gate))
        ends.channel.writeAndFlush(ByteBuffer(string: "last words"), promise: nil)
        try await ends.channel.close(mode: .output)
        _ = await gate.chain()
        gate.open()
        var heard = ByteBuffer()
        var hasEnded = false
        for await item in ends.serverNews {
            switch item {
            case .bytes(var bytes): heard.writeBuffer(&bytes)
            case .inputClosed: hasEnded = true
            case .error(let error): throw error
            case .handshakeCompleted: break
            }
            if hasEnded { break }
        }
        #expect(String(buffer: heard) == "last words")
        try await ends.close()
    }

    @Test("Somebody who leaves before the check has decided is no longer asked about")
    func leavesMeanwhile() async throws {
        let gate = Gate()
        let configurations = self.configurations(.client, gate)
        let ends = try await Ends(configurations)
        _ = await gate.chain()
        try await ends.channel.close()
        while !gate.wasCancelled.withLock({ $0 }) { await Task.yield() }
        gate.open()
        for await item in ends.clientNews { if case .handshakeCompleted = item { Issue.record("came back to life") } }
        try await ends.close()
    }

    @Test("It is not asked about a client without a certificate")
    func nobody() async throws {
        let gate = Gate()
        let settings = self.parties.server.settings
        let server = TLSConfiguration(
            certificate: settings.certificate,
            privateKey: settings.privateKey,
            trustRoots: settings.trustRoots,
            clientCertificates: .optional,
            approvePeer: { try await gate.approve($0) }
        )
        let client = TLSConfiguration(trustRoots: settings.trustRoots)
        let ends = try await Ends((client, server))
        for await case .handshakeCompleted(let information) in ends.serverNews {
            #expect(information.peerCertificate == nil)
            break
        }
        try await ends.close()
    }

    @Test("Neither goes with what would leave it out: no verification, or resumption")
    func combinations() {
        for configuration in [
            TLSConfiguration(verification: .dangerouslyNone, approvePeer: { _ in }),
            TLSConfiguration(
                trustRoots: self.parties.client.settings.trustRoots,
                approvePeer: { _ in },
                resumption: .tickets()
            ),
        ] {
            let error = #expect(throws: TLSError.self) { try configuration.validate(for: .client) }
            #expect(error?.cause == .invalidConfiguration)
            #expect(error?.message.contains("approvePeer") == true)
        }
    }
}

extension EventLoopFuture where Value == Void {
    /// To be asked on the event loop.
    fileprivate var isPending: Bool { Outcome(self).result == nil }
}

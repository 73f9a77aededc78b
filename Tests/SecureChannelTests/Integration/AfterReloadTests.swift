import NIOCore
import TestCertificates
import Testing

@testable import SecureChannel

@Suite("Open channels after a reload", .timeLimit(.minutes(2)))
struct AfterReloadTests {
    private let party: Party

    init() throws { party = try Party() }

    /// Runs an echoing server, and notes how serving each channel ended.
    private func withEcho<Result: Sendable>(
        _ tls: TLSConfiguration,
        _ afterReload: ChannelConfiguration.AfterReload = .keep,
        log: LogBook = LogBook(),
        ends: Ends = Ends(),
        onAccept: (@Sendable (TransportInformation) async throws -> Void)? = nil,
        _ body: @Sendable (Server, @Sendable (TLSConfiguration) -> Address) async throws -> Result
    ) async throws -> Result {
        let configuration = ServerConfiguration(
            channel: ChannelConfiguration(afterReload: afterReload, logger: log.logger),
            onAccept: onAccept
        )
        return try await withServer(
            .tls("127.0.0.1", 0, tls),
            configuration: configuration,
            onChannel: { channel in
                do {
                    try await channel.serve { (value: Value) in value }
                    ends.note(nil)
                } catch {
                    ends.note(error as? SecureChannel.ChannelError)
                    throw error
                }
            }
        ) { server in
            let port = server.address.port ?? 0
            return try await body(server) { .tls("127.0.0.1", port, $0) }
        }
    }

    private func check(_ channel: SecureChannel.Channel) async throws {
        let reply: String = try await channel.send("a")
        #expect(reply == "a")
    }

    private func cause(_ error: SecureChannel.ChannelError?) -> TLSError.Cause? {
        #expect(error?.code == .tlsFailed)
        #expect(error?.phase == .established)
        return (error?.cause as? TLSError)?.cause
    }

    @Test("By default they go on, whatever has changed")
    func keep() async throws {
        let (server, client) = (try party.server(), try party.client())
        try await withEcho(server) { _, address in
            let channel = try await openChannel(address(client))
            try await check(channel)
            try party.distrust(server)
            try party.distrust(client)
            try await check(channel)
            #expect(server.reloadObserverCount == 0)
            #expect(client.reloadObserverCount == 0)
            await channel.close()
        }
    }

    @Test("A server closes the channels of those whom it trusts no more, and keeps the others")
    func serverClosesUntrusted() async throws {
        let (server, friend, stranger) = (try party.server(), try party.client(), try Party())
        let both: TLSConfiguration.TrustRoots = [party.roots, stranger.roots]
        try server.replace(trustRoots: both)
        let identity = try stranger.authority.issue(.client(commonName: "stranger"))
        let strangers = TLSConfiguration(
            certificate: .pem(identity.chainPEM),
            privateKey: .pem(identity.privateKey.pem),
            trustRoots: party.roots,
            serverName: "localhost"
        )
        let (ends, log) = (Ends(), LogBook())
        try await withEcho(server, .closeUntrusted, log: log, ends: ends) { _, address in
            let kept = try await openChannel(address(friend))
            // More than are visited at once.
            var closed: [SecureChannel.Channel] = []
            for _ in 0..<20 { closed.append(try await openChannel(address(strangers))) }
            for channel in closed + [kept] { try await check(channel) }

            try server.replace(trustRoots: party.roots)
            for channel in closed { await channel.waitUntilClosed() }
            while ends.all.count < 20 { await Task.yield() }
            for error in ends.all {
                #expect(cause(error) == .unknownAuthority)
                #expect(error?.message.contains("'CN=stranger'") == true, "\(error.map { "\($0)" } ?? "")")
            }
            for channel in closed {
                let error = await #expect(throws: SecureChannel.ChannelError.self) {
                    try await channel.send("a") as String
                }
                #expect(error?.code == .connectionClosed, "\(error.map { "\($0)" } ?? "")")
            }
            try await check(kept)
            await kept.close()
        }
        // One line for each that was closed, and no second one.
        let lines = log.entries.filter { $0.contains("CN=stranger") }
        #expect(lines.count == 20, "\(lines)")
        #expect(lines.allSatisfy { $0.hasPrefix("info") && $0.contains("does not count any more") }, "\(lines)")
        #expect(server.reloadObserverCount == 0)
    }

    @Test("A client does so, too, and its calls say why")
    func clientClosesUntrusted() async throws {
        let (server, client) = (try party.server(), try party.client())
        try await withEcho(server) { _, address in
            let configuration = ChannelConfiguration(afterReload: .closeUntrusted)
            let channel = try await openChannel(address(client), configuration: configuration)
            try await check(channel)
            #expect(client.reloadObserverCount == 1)
            try client.replace(trustRoots: [party.roots, .pem(TestAuthority().certificate.pem)])
            try await check(channel)
            try party.distrust(client)
            await channel.waitUntilClosed()
            let error = await #expect(throws: SecureChannel.ChannelError.self) { try await channel.send("a") as String }
            #expect(cause(error) == .unknownAuthority)
            #expect(client.reloadObserverCount == 0)
        }
    }

    @Test("Peers without a certificate are kept")
    func withoutCertificate() async throws {
        let server = try party.server(clientCertificates: .optional)
        let ends = Ends()
        try await withEcho(server, .closeUntrusted, ends: ends) { _, address in
            let channel = try await openChannel(address(party.configuration(nil)))
            let known = try await openChannel(address(party.client()))
            try await check(channel)
            try await check(known)
            try party.distrust(server)
            await known.waitUntilClosed()
            try await check(channel)
            await channel.close()
        }
    }

    @Test("A resumed peer is closed unless its own certificate verifies alone")
    func resumed() async throws {
        for intermediate in [nil, try party.authority.intermediate()] {
            let server = try party.server(resumption: .tickets())
            let client = try party.client(by: intermediate, resumption: .tickets())
            let ends = Ends()
            try await withEcho(server, .closeUntrusted, ends: ends) { _, address in
                let first = try await openChannel(address(client))
                try await check(first)
                await first.close()
                let channel = try await openChannel(address(client))
                try await check(channel)
                #expect(channel.tls?.isResumed == true)
                try server.replace(trustRoots: [party.roots, .pem(TestAuthority().certificate.pem)])
                if intermediate == nil {
                    try await check(channel)
                } else {
                    await channel.waitUntilClosed()
                    while !ends.all.contains(where: { $0 != nil }) { await Task.yield() }
                    let error = try #require(ends.all.compactMap { $0 }.first)
                    #expect(error.message.contains("the session was resumed: it has only the client's own certificate"))
                    #expect(!"\(error)".contains("must send"), "\(error)")
                }
                await channel.close()
            }
        }
    }

    @Test("A reload between handshake and channel is not missed")
    func inBetween() async throws {
        let (server, client) = (try party.server(), try party.client())
        let (asked, gate, ends) = (Gate(), Gate(), Ends())
        try await withEcho(
            server,
            .closeUntrusted,
            ends: ends,
            onAccept: { _ in
                asked.open()
                await gate.wait()
            }
        ) { _, address in
            let channel = try await openChannel(address(client))
            await asked.wait()
            try party.distrust(server)
            gate.open()
            await channel.waitUntilClosed()
            while ends.all.isEmpty { await Task.yield() }
            #expect(cause(ends.all[0]) == .unknownAuthority)
        }
    }

    @Test("When they are drained, what was begun is answered, and the rest refused", arguments: [true, false])
    func drain(_ isServer: Bool) async throws {
        let (server, client) = (try party.server(), try party.client())
        let (gate, asked, log) = (Gate(), Gate(), LogBook())
        let draining = ChannelConfiguration(afterReload: .drain(after: .milliseconds(50)), logger: log.logger)
        try await withServer(
            .tls("127.0.0.1", 0, server),
            configuration: ServerConfiguration(channel: isServer ? draining : ChannelConfiguration()),
            onChannel: { channel in
                try await channel.serve { (value: String) in
                    asked.open()
                    await gate.wait()
                    return value
                }
            }
        ) { listening in
            let configuration = isServer ? ChannelConfiguration() : draining
            let address = Address.tls("127.0.0.1", listening.address.port ?? 0, client)
            let channel = try await openChannel(address, configuration: configuration)
            async let open: String = channel.send("begun")
            await asked.wait()
            let reload = ContinuousClock.now
            if isServer { try party.renew(server) } else { try party.distrust(client) }
            while !log.entries.contains(where: { $0.contains("A channel is drained") }) { await Task.yield() }
            #expect(ContinuousClock.now - reload >= .milliseconds(50))
            if isServer {
                let refusal = await #expect(throws: RemoteError.self) { try await channel.send("late") as String }
                #expect(refusal?.message.contains("takes no new requests") == true)
            }
            gate.open()
            let reply = try await open
            #expect(reply == "begun")
            await channel.waitUntilClosed()

            // One that was opened after the reload is not concerned.
            try client.replace(trustRoots: party.roots)
            let next = try await openChannel(address, configuration: configuration)
            let answer: String = try await next.send("next")
            #expect(answer == "next")
            await next.close()
        }
        #expect(server.reloadObserverCount == 0 && client.reloadObserverCount == 0)
    }

    @Test("They are not all drained at the same time, but spread evenly over a tenth of the wait")
    func spread() {
        let delays = (0..<1000).map { _ in PeerWatch.spread(.seconds(100)) }.sorted()
        #expect(delays[0] >= .seconds(100) && delays[999] <= .seconds(110))
        #expect((.seconds(104)...TimeAmount.seconds(106)).contains(delays[500]))
        #expect(delays[100] < .seconds(102) && delays[900] > .seconds(108))
        #expect(PeerWatch.spread(.zero) == .zero)
    }

    @Test("Nobody observes reloads once all is over, nor after an attempt that failed")
    func observersLeave() async throws {
        let (server, client) = (try party.server(), try party.client())
        let configuration = ChannelConfiguration(afterReload: .closeUntrusted)
        try await withEcho(server, .closeUntrusted) { _, address in
            #expect(server.reloadObserverCount == 1)
            for _ in 0..<5 {
                let channel = try await openChannel(address(client), configuration: configuration)
                try await check(channel)
                #expect(client.reloadObserverCount == 1)
                await channel.close()
            }
            do {
                let dropped = try await openChannel(address(client), configuration: configuration)
                try await check(dropped)
            }
            while client.reloadObserverCount > 0 { await Task.yield() }  // a channel that nobody holds closes
            try party.distrust(client)
            await #expect(throws: SecureChannel.ChannelError.self) {
                try await openChannel(address(client), configuration: configuration)
            }
            #expect(client.reloadObserverCount == 0)
            #expect(server.reloadObserverCount == 1)

            await #expect(throws: SecureChannel.ChannelError.self) {
                try await startServer(
                    address(server),
                    configuration: ServerConfiguration(channel: configuration),
                    onChannel: { _ in }
                )
            }
            #expect(server.reloadObserverCount == 1)
        }
        #expect(server.reloadObserverCount == 0)
    }

    @Test("A negative time is refused")
    func range() async throws {
        let error = await #expect(throws: SecureChannel.ChannelError.self) {
            try await openChannel(
                .tcp("127.0.0.1", 1),
                configuration: ChannelConfiguration(afterReload: .drain(after: .seconds(-1)))
            )
        }
        #expect(error?.code == .invalidConfiguration)
    }
}

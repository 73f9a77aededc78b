import NIOCore
import TestCertificates
import Testing

@testable import SecureChannel

@Suite("Channels whose peer's certificate expires", .timeLimit(.minutes(2)))
struct PeerExpiryTests {
    private let party: Party

    init() throws { party = try Party() }

    private static let brief = Validity(begins: .seconds(-60), ends: .seconds(3))

    private func withEcho<Result: Sendable>(
        _ tls: TLSConfiguration,
        closes: Bool,
        ends: Ends,
        _ body: @Sendable (@Sendable (TLSConfiguration) -> Address) async throws -> Result
    ) async throws -> Result {
        try await withServer(
            .tls("127.0.0.1", 0, tls),
            configuration: ServerConfiguration(channel: .init(closesWhenPeerCertificateExpires: closes)),
            onChannel: { channel in
                do {
                    try await channel.serve { (value: Value) in value }
                } catch {
                    ends.note(error as? SecureChannel.ChannelError)
                    throw error
                }
            }
        ) { server in
            let port = server.address.port ?? 0
            return try await body { .tls("127.0.0.1", port, $0) }
        }
    }

    private func check(_ channel: SecureChannel.Channel) async throws {
        let reply: String = try await channel.send("a")
        #expect(reply == "a")
    }

    @Test("A server closes such a channel when the time has come, and no other")
    func onTheServer() async throws {
        let ends = Ends()
        let (brief, long) = (try party.client(validity: Self.brief), try party.client())
        try await withEcho(party.server(), closes: true, ends: ends) { address in
            let (channel, other) = (try await openChannel(address(brief)), try await openChannel(address(long)))
            try await check(channel)
            try await check(other)
            await channel.waitUntilClosed()
            while ends.all.isEmpty { await Task.yield() }
            let error = try #require(ends.all[0])
            #expect(error.code == .tlsFailed)
            #expect((error.cause as? TLSError)?.cause == .certificateExpired)
            #expect((error.cause as? TLSError)?.certificate?.subject == "CN=client")
            try await check(other)
            #expect(ends.all.count == 1)
            await other.close()
        }
    }

    @Test("A client does, too, for a certificate above the server's; without being asked to it goes on")
    func onTheClient() async throws {
        let intermediate = try party.authority.intermediate(name: "brief", validity: Self.brief)
        let client = try party.client()
        try await withEcho(party.server(by: intermediate), closes: false, ends: Ends()) { address in
            let configuration = ChannelConfiguration(closesWhenPeerCertificateExpires: true)
            let channel = try await openChannel(address(client), configuration: configuration)
            let other = try await openChannel(address(client))
            try await check(channel)
            await channel.waitUntilClosed()
            let error = await #expect(throws: SecureChannel.ChannelError.self) {
                try await channel.send("a") as String
            }
            let cause = error?.cause as? TLSError
            #expect(cause?.cause == .certificateExpired)
            #expect(cause?.verification?.depth == 1)
            try await check(other)
            await other.close()
        }
    }

    @Test("A long wait is looked at again every hour, for clocks are set and machines sleep")
    func pauses() {
        #expect(PeerWatch.pause(before: .seconds(86_400 * 365)) == .hours(1))
        #expect(PeerWatch.pause(before: .seconds(3600)) == .hours(1))
        #expect(PeerWatch.pause(before: .seconds(5)) == .seconds(5))
        #expect(PeerWatch.pause(before: .nanoseconds(1)) == .milliseconds(1))
    }
}

import SecureChannel
import TestCertificates
import Testing

@Suite("Who asks", .timeLimit(.minutes(2)))
struct PeerIdentityTests {
    @Test("A handler that wants to know sees whose request it answers", arguments: TransportKind.allCases)
    func context(_ kind: TransportKind) async throws {
        try await withPair(
            kind,
            onChannel: { channel in
                try await channel.serve { (name: String, request) in
                    [name, "\(request.id)", "\(request.peerAddress == channel.peerAddress)", Self.caller(request.tls)]
                }
            }
        ) { channel, _ in
            for id in 0..<2 {
                let reply: [String] = try await channel.send("a")
                #expect(reply == ["a", "\(id)", "true", kind == .mutualTLS ? "CN=client" : "nobody"])
            }
        }
    }

    @Test("So does whoever takes requests one by one", arguments: TransportKind.allCases)
    func request(_ kind: TransportKind) async throws {
        try await withPair(
            kind,
            onChannel: { channel in
                for try await request in channel.requests {
                    try await request.reply(["\(request.peerAddress == channel.peerAddress)", Self.caller(request.tls)])
                }
            }
        ) { channel, _ in
            let reply: [String] = try await channel.send("a")
            #expect(reply == ["true", kind == .mutualTLS ? "CN=client" : "nobody"])
        }
    }

    @Test("A refusal by identity is an error at the other side, and the channel goes on")
    func authorisation() async throws {
        try await withPair(
            .mutualTLS,
            onChannel: { channel in
                try await channel.serve { (right: String, request) in
                    guard request.tls?.peerChain.last?.subject == right else { throw Refusal(description: "not you") }
                    return right
                }
            }
        ) { channel, _ in
            let error = await #expect(throws: RemoteError.self) { try await channel.send("CN=another") as String }
            #expect(error?.message == "not you")
            let root = "CN=swift-secure-channel test authority"
            let reply: String = try await channel.send(root)
            #expect(reply == root)
        }
    }

    private static func caller(_ tls: TLSConnectionInformation?) -> String {
        tls?.peerChain.first.map(\.subject) ?? "nobody"
    }
}

import SecureChannel
import Testing

@Suite("Go's crypto/tls and encoding/json", .needs(.go), .timeLimit(.minutes(5)))
struct GoTests {
    @Test("Mutual TLS 1.3, a call each way, and a clean close", arguments: Role.allCases)
    func calls(_ role: Role) async throws {
        let credentials = try Credentials.shared.get()
        try await credentials.withDirectory { directory in
            let program = "\(directory)/tls_party"
            let build = ["GO111MODULE=off", "go", "build", "-o", program, Installed.script("tls_party.go")]
            let status = try await ForeignParty.run(build) { try await $0.exitStatus() }
            try #require(status == 0)

            let tls = credentials.tls(as: credentials.identity(against: role), applicationProtocols: ["from-go"])
            try await Invitation(
                command: [program],
                arguments: [directory],
                role: role,
                transport: .tls,
                codec: .json,
                tls: tls
            ).meet { meeting in
                let request = try await meeting.channel.receive()
                #expect(try request.content(as: String.self) == "from Go")
                try await request.reply(["hello": "Gö"])
                let fact = try await meeting.party.report("reply")
                #expect(fact["kind"] == 1)
                #expect(fact["id"] == 0)
                #expect(fact["content"] == ["hello": "Gö"])

                let reply: Value = try await meeting.channel.send(["ohai", 1.5, .null, "世界"] as Value)
                #expect(reply == ["go": ["ohai", 1.5, .null, "世界"]])

                let tls = try #require(meeting.channel.tls)
                #expect(tls.version == "TLSv1.3")
                #expect(meeting.facts["version"] == "TLSv1.3")
                #expect(meeting.facts["cipher"]?.string == tls.cipher)
                #expect(tls.applicationProtocol == "from-go")
                #expect(meeting.facts["alpn"] == "from-go")
                let (its, ours) = role == .serves ? ("server", "client") : ("client", "server")
                #expect(tls.peerCertificate?.subject == "CN=interoperable-\(its)")
                #expect(meeting.facts["subject"]?.string == "interoperable-\(ours)")

                await meeting.channel.close()
                let end = try await meeting.party.report("ended")
                #expect(end["clean"] == true)
            }
        }
    }
}

import SecureChannel
import Testing

@Suite("Go's crypto/tls and encoding/json", .needs(.go), .timeLimit(.minutes(5)))
struct GoTests {
    private func withParty<Result>(
        _ body: (_ program: String, _ directory: String, Credentials) async throws -> Result
    ) async throws -> Result {
        let credentials = try Credentials.shared.get()
        return try await credentials.withDirectory { directory in
            let program = "\(directory)/tls_party"
            let build = ["GO111MODULE=off", "go", "build", "-o", program, Installed.script("tls_party.go")]
            let status = try await ForeignParty.run(build) { try await $0.exitStatus() }
            try #require(status == 0)
            return try await body(program, directory, credentials)
        }
    }

    @Test("Mutual TLS, a call each way, and a clean close", arguments: Role.allCases, ["1.2", "1.3"])
    func calls(_ role: Role, version: String) async throws {
        try await withParty { program, directory, credentials in
            let tls = credentials.tls(
                as: credentials.identity(against: role),
                minimumVersion: .tls12,
                applicationProtocols: ["from-go"]
            )
            try await Invitation(
                command: [program],
                arguments: [directory, version],
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
                #expect(tls.version == "TLSv\(version)")
                #expect(meeting.facts["version"]?.string == tls.version)
                // Of TLS 1.2 it has IANA's names, and OpenSSL its own.
                #expect(version == "1.2" || meeting.facts["cipher"]?.string == tls.cipher)
                #expect(meeting.facts["resumed"] == false)
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

    @Test("It resumes the session that our server gave it; in TLS 1.2 there is none", arguments: ["1.2", "1.3"])
    func resumesOurs(version: String) async throws {
        try await withParty { program, directory, credentials in
            let tls = credentials.tls(
                as: credentials.server,
                minimumVersion: .tls12,
                applicationProtocols: ["from-go"],
                resumption: .tickets()
            )
            try await withServer(.tls("127.0.0.1", 0, tls), codec: .json) { channel in
                let request = try await channel.receive()
                try await request.reply(
                    "\(channel.tls?.isResumed == true) \(channel.tls?.peerCertificate?.subject ?? "")"
                )
                let _: Value = try await channel.send("bye")
            } _: { server in
                let place = "tls:127.0.0.1:\(server.address.port ?? 0)"
                try await ForeignParty.run([program, "connect", place, directory, version, "3"]) { party in
                    for isResumed in [false, version == "1.3", version == "1.3"] {
                        let fact = try await party.report("connected")
                        #expect(fact["resumed"] == .bool(isResumed))
                        #expect(fact["subject"] == "interoperable-server")
                        let reply = try await party.report("reply")
                        #expect(reply["content"]?.string == "\(isResumed) CN=interoperable-client")
                        let end = try await party.report("ended")
                        #expect(end["clean"] == true)
                    }
                }
            }
        }
    }

    @Test("Our client resumes the session that its server gave it")
    func weResume() async throws {
        try await withParty { program, directory, credentials in
            let tls = credentials.tls(
                as: credentials.client,
                applicationProtocols: ["from-go"],
                resumption: .tickets()
            )
            try await ForeignParty.run([program, "serve", "tls:127.0.0.1:0", directory, "1.3", "3"]) { party in
                let port = try await party.report("listening")["port"]?.integer ?? 0
                for isResumed in [false, true, true] {
                    let channel = try await openChannel(.tls("127.0.0.1", port, tls), codec: .json)
                    #expect(channel.tls?.isResumed == isResumed)
                    #expect(channel.tls?.verifiedName == "127.0.0.1")
                    #expect(channel.tls?.peerCertificate?.subject == "CN=interoperable-server")
                    let fact = try await party.report("connected")
                    #expect(fact["resumed"] == .bool(isResumed))
                    #expect(fact["subject"] == "interoperable-client")
                    let reply: Value = try await channel.send("ohai")
                    #expect(reply == ["go": "ohai"])
                    await channel.close()
                    try await party.report("ended")
                }
            }
        }
    }
}

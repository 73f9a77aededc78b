import SecureChannel
import Testing

@Suite("Resumption with Python's ssl", .needs(.msgpack), .timeLimit(.minutes(5)))
struct PythonResumptionTests {
    private func command(_ role: String, port: Int, _ directory: String, version: String) -> [String] {
        [Installed.python, Installed.script("tls_party.py"), role, "tls:127.0.0.1:\(port)"]
            + ["--certificates", directory, "--maximum-tls", version, "--connections", "3"]
    }

    @Test("It resumes the session that our server gave it; in TLS 1.2 there is none", arguments: ["1.2", "1.3"])
    func resumesOurs(version: String) async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.server, minimumVersion: .tls12, resumption: .tickets())
        let (infos, told) = AsyncStream.makeStream(of: TLSConnectionInformation?.self)
        try await withServer(.tls("127.0.0.1", 0, tls)) { channel in
            told.yield(channel.tls)
            let _: Value = try await channel.send(["echo", "ohai"] as Value)
        } _: { server in
            try await credentials.withDirectory { directory in
                let port = server.address.port ?? 0
                try await ForeignParty.run(command("connect", port: port, directory, version: version)) { party in
                    var ours = infos.makeAsyncIterator()
                    for isResumed in [false, version == "1.3", version == "1.3"] {
                        let fact = try await party.report("connected")
                        #expect(fact["resumed"] == .bool(isResumed))
                        #expect(fact["version"]?.string == "TLSv\(version)")
                        #expect(fact["subject"] == "interoperable-server")
                        let info = await ours.next() ?? nil
                        #expect(info?.isResumed == isResumed)
                        #expect(info?.peerCertificate?.subject == "CN=interoperable-client")
                        let end = try await party.report("ended")
                        #expect(end["how"] == "close_notify")
                    }
                }
            }
        }
    }

    @Test(
        "Our client resumes the session that its server gave it; in TLS 1.2 it asks for none",
        arguments: ["1.2", "1.3"]
    )
    func weResume(version: String) async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.client, minimumVersion: .tls12, resumption: .tickets())
        try await credentials.withDirectory { directory in
            try await ForeignParty.run(command("serve", port: 0, directory, version: version)) { party in
                let port = try await party.report("listening")["port"]?.integer ?? 0
                for isResumed in [false, version == "1.3", version == "1.3"] {
                    let channel = try await openChannel(.tls("127.0.0.1", port, tls))
                    #expect(channel.tls?.isResumed == isResumed)
                    #expect(channel.tls?.verifiedName == "127.0.0.1")
                    #expect(channel.tls?.peerCertificate?.subject == "CN=interoperable-server")
                    let fact = try await party.report("connected")
                    #expect(fact["resumed"] == .bool(isResumed))
                    #expect(fact["subject"] == "interoperable-client")
                    let reply: String = try await channel.send(["echo", "ohai"] as Value)
                    #expect(reply == "ohai")
                    await channel.close()
                    try await party.report("ended")
                }
            }
        }
    }
}

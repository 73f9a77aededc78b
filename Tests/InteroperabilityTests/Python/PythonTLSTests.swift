import SecureChannel
import Testing

/// Python's `ssl` and `msgpack`, with a script that has read nothing but the wire's description.
func meetPython<Result: Sendable>(
    _ role: Role,
    options: [String] = [],
    applicationProtocols: [String] = [],
    minimumVersion: TLSVersion = .tls13,
    _ body: @Sendable (Meeting) async throws -> Result
) async throws -> Result {
    let credentials = try Credentials.shared.get()
    return try await credentials.withDirectory { directory in
        try await Invitation(
            command: [Installed.python, Installed.script("tls_party.py")],
            arguments: ["--certificates", directory] + options,
            role: role,
            transport: .tls,
            tls: credentials.tls(
                as: credentials.identity(against: role),
                minimumVersion: minimumVersion,
                applicationProtocols: applicationProtocols
            )
        ).meet(body)
    }
}

@Suite("TLS with Python's ssl, which verifies strictly", .needs(.msgpack), .timeLimit(.minutes(5)))
struct PythonTLSTests {
    @Test("Both ends see the same of each other", arguments: Role.allCases, ["1.2", "1.3"])
    func facts(_ role: Role, version: String) async throws {
        try await meetPython(
            role,
            options: ["--alpn", "interop/1", "--maximum-tls", version],
            applicationProtocols: ["other", "interop/1"],
            minimumVersion: .tls12
        ) { meeting in
            let tls = try #require(meeting.channel.tls)
            #expect(tls.version == "TLSv\(version)")
            #expect(meeting.facts["version"]?.string == tls.version)
            #expect(meeting.facts["cipher"]?.string == tls.cipher)
            #expect(tls.applicationProtocol == "interop/1")
            #expect(meeting.facts["alpn"] == "interop/1")

            #expect(tls.isPeerVerified)
            #expect(tls.verifiedName == (role == .serves ? "127.0.0.1" : nil))
            let (its, ours) = role == .serves ? ("server", "client") : ("client", "server")
            #expect(tls.peerCertificate?.subject == "CN=interoperable-\(its)")
            #expect(meeting.facts["subject"]?.string == "interoperable-\(ours)")

            let reply: String = try await meeting.ask("echo", "ohai")
            #expect(reply == "ohai")
        }
    }

    @Test("Without ALPN at either end there is none", arguments: Role.allCases)
    func noALPN(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            #expect(meeting.channel.tls?.applicationProtocol == nil)
            #expect(meeting.facts["alpn"]?.isNull == true)
        }
    }

    @Test("A server that chooses none of our ALPN names is refused")
    func noSharedALPN() async throws {
        let credentials = try Credentials.shared.get()
        try await credentials.withDirectory { directory in
            let command = [Installed.python, Installed.script("tls_party.py"), "serve", "tls:127.0.0.1:0"]
            try await ForeignParty.run(command + ["--certificates", directory]) { party in
                let port = try await party.report("listening")["port"]?.integer ?? 0
                let tls = credentials.tls(as: credentials.client, applicationProtocols: ["interop/1"])
                let error = await #expect(throws: ChannelError.self) {
                    _ = try await openChannel(.tls("127.0.0.1", port, tls))
                }
                #expect(error?.code == .tlsFailed)
                #expect((error?.cause as? TLSError)?.cause == .alpnMismatch)
                try await party.report("connected")
                let fact = try await party.report("ended")
                #expect(fact["how"] == "close_notify")
            }
        }
    }

    @Test("When it unwraps and closes, our channel ends in an orderly way", arguments: Role.allCases)
    func itCloses(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            async let serving: Void = meeting.channel.serve { (content: Value) in content }
            try await meeting.ask("close")
            try await serving
            // Its unwrap() returns only once it has our close_notify too.
            let fact = try await meeting.party.report("ended")
            #expect(fact["how"] == "unwrapped")
        }
    }

    @Test("When we close, it sees close_notify", arguments: Role.allCases)
    func weClose(_ role: Role) async throws {
        try await meetPython(role) { meeting in
            await meeting.channel.close()
            let fact = try await meeting.party.report("ended")
            #expect(fact["how"] == "close_notify")
        }
    }

    @Test("A connection that it cuts off is truncated, not closed", arguments: Role.allCases, [0, 2, 4, 50])
    func truncation(_ role: Role, bytes: Int) async throws {
        try await meetPython(role) { meeting in
            let serving = Task { try await meeting.channel.serve { (content: Value) in content } }
            let error = await #expect(throws: ChannelError.self) {
                try await meeting.ask("truncate", .integer(Int64(bytes)))
            }
            #expect(error?.code == .connectionReset)
            #expect((error?.cause as? TLSError)?.cause == .truncated)
            #expect(error?.message.contains("without TLS's end (close_notify): bytes may be missing") == true)
            await #expect(throws: ChannelError.self) { try await serving.value }
        }
    }
}

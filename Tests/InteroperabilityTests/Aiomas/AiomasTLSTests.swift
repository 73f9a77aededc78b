import SecureChannel
import Testing

@Suite("TLS with Python's aiomas 2.0.1, its own contexts", .needs(.aiomas), .timeLimit(.minutes(5)))
struct AiomasTLSTests {
    @Test("Both ends see TLS 1.2, one cipher suite and the other's certificate", arguments: Role.allCases)
    func facts(_ role: Role) async throws {
        try await AiomasCase(role: role, transport: .tls).meet { meeting in
            let tls = try #require(meeting.channel.tls)
            #expect(tls.version == "TLSv1.2")
            #expect(meeting.facts["version"]?.string == tls.version)
            #expect(meeting.facts["cipher"]?.string == tls.cipher)
            #expect(tls.cipher.hasPrefix("ECDHE-") && tls.cipher.contains("GCM"))
            #expect(tls.applicationProtocol == nil)

            #expect(tls.isPeerVerified)
            #expect(tls.verifiedName == (role == .serves ? "127.0.0.1" : nil))
            let (its, ours) = role == .serves ? ("server", "client") : ("client", "server")
            #expect(tls.peerCertificate?.subject == "CN=interoperable-\(its)")
            #expect(meeting.facts["subject"]?.string == "interoperable-\(ours)")
        }
    }

    @Test("As a server it is refused where we speak TLS 1.3 only")
    func refusedServer() async throws {
        let credentials = try Credentials.shared.get()
        try await credentials.withDirectory { directory in
            let command = [Installed.python, Installed.script("aiomas_party.py"), "serve", "tls:127.0.0.1:0"]
            try await ForeignParty.run(command + ["--certificates", directory]) { party in
                let port = try await party.report("listening")["port"]?.integer ?? 0
                let tls = credentials.tls(as: credentials.client)
                let error = await #expect(throws: ChannelError.self) {
                    _ = try await openChannel(.tls("127.0.0.1", port, tls), codec: .json)
                }
                #expect(error?.code == .tlsFailed || error?.code == .connectionReset)
                // asyncio closes the connection without sending the alert that OpenSSL has ready.
                #expect((error?.cause as? TLSError)?.cause == .closedDuringHandshake)
            }
        }
    }

    @Test("As a client it is refused where we speak TLS 1.3 only, and learns why from our alert")
    func refusedClient() async throws {
        let credentials = try Credentials.shared.get()
        let address = Address.tls("127.0.0.1", 0, credentials.tls(as: credentials.server))
        try await withServer(address, codec: .json) { _ in
        } _: { server in
            try await credentials.withDirectory { directory in
                let place = "tls:127.0.0.1:\(server.address.port ?? 0)"
                let command = [Installed.python, Installed.script("aiomas_party.py"), "connect", place]
                try await ForeignParty.run(command + ["--certificates", directory]) { party in
                    _ = try await party.errors.text(through: "TLSV1_ALERT_PROTOCOL_VERSION")
                }
            }
        }
    }
}

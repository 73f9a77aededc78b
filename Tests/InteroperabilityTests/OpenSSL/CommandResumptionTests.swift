import SecureChannel
import TestCertificates
import Testing

@Suite("Resumption with openssl's commands", .needs(.openssl), .timeLimit(.minutes(5)))
struct CommandResumptionTests {
    @Test("s_client resumes the session that our server gave it, mutual TLS and all")
    func ourServer() async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.server, resumption: .tickets())
        try await withServer(
            .tls("127.0.0.1", 0, tls),
            onChannel: { channel in
                try await channel.serve { (_: String) in
                    "\(channel.tls?.isResumed == true) \(channel.tls?.peerCertificate?.subject ?? "nobody")"
                }
            }
        ) { server in
            try await credentials.withDirectory { directory in
                let files = CertificatePaths(directory: directory)
                var command = ["openssl", "s_client", "-connect", "127.0.0.1:\(server.address.port ?? 0)", "-tls1_3"]
                command += ["-CAfile", files.authority, "-verify_return_error", "-verify_ip", "127.0.0.1", "-brief"]
                command += ["-cert", files.client, "-key", files.clientKey]
                command += ["-cert_chain", "\(directory)/intermediate.pem"]
                let session = "\(directory)/session.pem"
                for (option, isResumed) in [("-sess_out", false), ("-sess_in", true)] {
                    try await ForeignParty.run(command + [option, session]) { client in
                        try client.say(packedFrame(kind: 0, id: 0, "who am I?"))
                        let reply = packedFrame(kind: 1, id: 0, "\(isResumed) CN=interoperable-client")
                        #expect(try await client.output.bytes(reply.count) == reply)
                        try client.endInput()
                        _ = try await client.exitStatus()
                    }
                }
                // And no session allows data before the handshake's end.
                command.removeAll { $0 == "-brief" }
                try await ForeignParty.run(command + ["-sess_in", session, "-early_data", files.authority]) { client in
                    _ = try await client.output.text(through: "Early data was not sent")
                }
            }
        }
    }

    @Test("Our client resumes the session that s_server gave it")
    func ourClient() async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.client, resumption: .tickets())
        try await credentials.withDirectory { directory in
            let files = CertificatePaths(directory: directory)
            var command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "2", "-tls1_3"]
            command += ["-cert", files.server, "-key", files.serverKey, "-cert_chain", "\(directory)/intermediate.pem"]
            command += ["-CAfile", files.authority, "-Verify", "2", "-verify_return_error"]
            try await ForeignParty.run(command) { server in
                try await server.output.text(through: "ACCEPT 127.0.0.1:")
                let port = try await Int(server.output.line()) ?? 0
                for isResumed in [false, true] {
                    let channel = try await openChannel(.tls("127.0.0.1", port, tls))
                    #expect(channel.tls?.isResumed == isResumed)
                    #expect(channel.tls?.verifiedName == "127.0.0.1")
                    #expect(channel.tls?.peerCertificate?.subject == "CN=interoperable-server")
                    // Its tickets come before what it says.
                    async let reply: String = channel.send("ohai")
                    try await server.output.text(through: "ohai")
                    try server.say(packedFrame(kind: 1, id: 0, "hello"))
                    #expect(try await reply == "hello")
                    await channel.close()
                }
                #expect(try await server.exitStatus() == 0)
            }
        }
    }
}

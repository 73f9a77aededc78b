import SecureChannel
import TestCertificates
import Testing

@Suite("Our client at openssl s_server", .needs(.openssl), .timeLimit(.minutes(5)))
struct CommandServerTests {
    @Test("It gets our request byte for byte, and we a reply typed by hand", arguments: ["1.2", "1.3"])
    func bytes(version: String) async throws {
        try await withCommandServer(["-tls\(version.replacing(".", with: "_"))"]) { server, channel in
            let channel = try await channel()
            async let reply: String = channel.send("ohai")
            let information = try await server.output.text(through: "Secure Renegotiation IS supported\n")
            let request = packedFrame(kind: 0, id: 0, "ohai")
            #expect(try await server.output.bytes(request.count) == request)
            try server.say(packedFrame(kind: 1, id: 0, "and hello to you"))
            #expect(try await reply == "and hello to you")

            let tls = try #require(channel.tls)
            #expect(tls.version == "TLSv\(version)")
            #expect(information.contains("CIPHER is \(tls.cipher)\n"))
            #expect(tls.applicationProtocol == "interop")
            #expect(information.contains("ALPN protocols selected: interop\n"))
            #expect(tls.peerCertificate?.subject == "CN=interoperable-server")
            #expect(tls.verifiedName == "127.0.0.1")
            #expect(information.contains("subject=CN = interoperable-client\n"))
        }
    }

    @Test("It sees our close as a clean one", arguments: ["1.2", "1.3"])
    func cleanClose(version: String) async throws {
        try await withCommandServer(["-tls\(version.replacing(".", with: "_"))", "-msg"]) { server, channel in
            let channel = try await channel()
            await channel.close()
            try await server.output.text(through: "<<< TLS \(version), Alert [length 0002], warning close_notify")
            #expect(try await server.exitStatus() == 0)
        }
    }

    @Test("When it goes away without close_notify, our call says that the connection was truncated")
    func truncated() async throws {
        try await withCommandServer(["-tls1_3"]) { server, channel in
            let channel = try await channel()
            let call = Task { try await channel.send("ohai", expecting: String.self) }
            try await server.output.text(through: "ohai")
            try server.say("Q\n")  // closes its socket, no more
            let error = await #expect(throws: ChannelError.self) { try await call.value }
            #expect(error?.code == .connectionReset)
            #expect((error?.cause as? TLSError)?.cause == .truncated)
        }
    }

    /// What is wrong with the server, what we call it, and the alert that the server gets (RFC 8446, section 6).
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: CertificateRequest = .server()
        var isFromOtherAuthority = false
        var arguments: [String] = ["-tls1_3"]
        var cause: TLSError.Cause
        var alert: Int
    }

    static let faults = [
        Fault(testDescription: "another authority's", isFromOtherAuthority: true, cause: .unknownAuthority, alert: 48),
        Fault(
            testDescription: "another authority's, TLS 1.2",
            isFromOtherAuthority: true,
            arguments: ["-tls1_2"],
            cause: .unknownAuthority,
            alert: 48
        ),
        Fault(testDescription: "expired", request: .server(validity: .expired), cause: .certificateExpired, alert: 45),
        Fault(
            testDescription: "not yet valid",
            request: .server(validity: .notYet),
            cause: .certificateNotYetValid,
            alert: 42
        ),
        Fault(
            testDescription: "another host's",
            request: .server(hosts: ["192.0.2.1"]),
            cause: .hostnameMismatch,
            alert: 42
        ),
        Fault(
            testDescription: "a client's certificate",
            request: .client(),
            cause: .wrongCertificatePurpose,
            alert: 43
        ),
    ]

    @Test("A server that we refuse learns why from the alert", arguments: faults)
    func refused(_ fault: Fault) async throws {
        var credentials = try Credentials()
        let authority = try fault.isFromOtherAuthority ? TestAuthority() : credentials.authority
        credentials.server = try authority.issue(fault.request)
        try await withCommandServer(fault.arguments, credentials: credentials) { server, channel in
            let error = await #expect(throws: ChannelError.self) { try await channel() }
            #expect(error?.code == .tlsFailed, "\(String(describing: error))")
            #expect((error?.cause as? TLSError)?.cause == fault.cause)
            try await server.errors.text(through: "SSL alert number \(fault.alert)\n")
        }
    }

    @Test("When it refuses our certificate, the error has its alert", arguments: ["1.2", "1.3"])
    func refuses(version: String) async throws {
        var credentials = try Credentials()
        credentials.client = try TestAuthority().issue(.client())
        let option = "-tls\(version.replacing(".", with: "_"))"
        try await withCommandServer([option], credentials: credentials) { _, channel in
            // With TLS 1.3 the client's handshake is over before the server looks at its certificate.
            let error = await #expect(throws: ChannelError.self) {
                let _: String = try await channel().send("ohai")
            }
            #expect(error?.code == .tlsFailed)
            #expect((error?.cause as? TLSError)?.cause == .certificateRejectedByPeer(alert: 48))
        }
    }
}

/// Starts s_server, which requires certificates and offers ALPN, and gives `body` a way to open our channel to it.
private func withCommandServer<Result: Sendable>(
    _ arguments: [String],
    credentials: Credentials? = nil,
    _ body: @Sendable (ForeignParty, @escaping @Sendable () async throws -> Channel) async throws -> Result
) async throws -> Result {
    let credentials = try credentials ?? Credentials.shared.get()
    let tls = credentials.tls(as: credentials.client, minimumVersion: .tls12, applicationProtocols: ["interop"])
    return try await credentials.withDirectory { directory in
        let files = CertificatePaths(directory: directory)
        var command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-alpn", "interop"]
        command += ["-cert", files.server, "-key", files.serverKey, "-cert_chain", "\(directory)/intermediate.pem"]
        command += ["-CAfile", files.authority, "-Verify", "2", "-verify_return_error"]
        return try await ForeignParty.run(command + arguments) { server in
            try await server.output.text(through: "ACCEPT 127.0.0.1:")
            let port = try await Int(server.output.line()) ?? 0
            return try await body(server) { try await openChannel(.tls("127.0.0.1", port, tls)) }
        }
    }
}

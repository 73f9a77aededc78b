import SecureChannel
import TestCertificates
import Testing

@Suite("openssl s_client at our server", .needs(.openssl), .timeLimit(.minutes(5)))
struct CommandClientTests {
    @Test("A frame typed by hand gets its reply, byte for byte, and both ends agree", arguments: ["1.2", "1.3"])
    func bytes(version: String) async throws {
        let (channels, accepted) = AsyncStream.makeStream(of: Channel.self)
        try await withCommandClient(["-tls\(version.replacing(".", with: "_"))", "-brief"]) { channel in
            accepted.yield(channel)
            try await channel.serve { (text: String) in "\(text), too" }
        } _: { client in
            try client.say(packedFrame(kind: 0, id: 7, "ohai"))
            let reply = packedFrame(kind: 1, id: 7, "ohai, too")
            #expect(try await client.output.bytes(reply.count) == reply)

            let channel = try await withDeadline(for: "the channel") {
                for await channel in channels { return channel }
                throw CancellationError()
            }
            let tls = try #require(channel.tls)
            #expect(tls.version == "TLSv\(version)")
            #expect(tls.applicationProtocol == "interop")
            #expect(tls.peerCertificate?.subject == "CN=interoperable-client")
            #expect(tls.isPeerVerified)

            try client.endInput()  // s_client closes then
            let summary = try await client.errors.rest()
            #expect(summary.contains("Protocol version: TLSv\(version)\n"))
            #expect(summary.contains("Ciphersuite: \(tls.cipher)\n"))
            #expect(summary.contains("Peer certificate: CN = interoperable-server\n"))
            #expect(summary.contains("Verification: OK\n"))
        }
    }

    @Test("It is told which ALPN name was chosen, and sees our chain with the intermediate authority")
    func details() async throws {
        try await withCommandClient(["-tls1_3"]) { channel in
            await channel.waitUntilClosed()
        } _: { client in
            let text = try await client.output.text(through: "Verify return code: 0 (ok)\n")
            #expect(text.contains("ALPN protocol: interop\n"))
            #expect(text.contains(" 0 s:CN = interoperable-server\n"))
            #expect(text.contains(" 1 s:CN = swift-secure-channel test intermediate authority\n"))
            #expect(!text.contains(" 2 s:"))  // the root is not sent
        }
    }

    enum Ending: CaseIterable, Sendable { case onChannelReturns, close, onChannelThrows, invalidMessage }

    @Test("It sees close_notify, however our server ends the channel", arguments: Ending.allCases, ["1.2", "1.3"])
    func cleanClose(_ ending: Ending, version: String) async throws {
        try await withCommandClient(["-tls\(version.replacing(".", with: "_"))", "-msg"]) { channel in
            let request = try await channel.receive()
            switch ending {
            case .onChannelReturns: try await request.reply("bye")
            case .close:
                try await request.reply("bye")
                await channel.close()
            case .onChannelThrows: throw Refusal(description: "on purpose")
            case .invalidMessage: _ = try await channel.receive()
            }
        } _: { client in
            try client.say(packedFrame(kind: 0, id: 0, "ohai"))
            if ending == .invalidMessage { try client.say([0, 0, 0, 0]) }
            try await client.output.text(through: "<<< TLS \(version), Alert [length 0002], warning close_notify")
            #expect(try await client.exitStatus() == 0)
            #expect(try await !client.errors.rest().contains("unexpected eof"))
        }
    }

    /// What is wrong with the client, and the alert that it gets (RFC 8446, section 6).
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: CertificateRequest? = .client()
        var isFromOtherAuthority = false
        var arguments: [String] = []
        var alert: Int
    }

    static let faults = [
        Fault(testDescription: "no certificate", request: nil, alert: 116),
        Fault(testDescription: "no certificate, TLS 1.2", request: nil, arguments: ["-tls1_2"], alert: 40),
        Fault(testDescription: "another authority's", isFromOtherAuthority: true, alert: 48),
        Fault(
            testDescription: "another authority's, TLS 1.2",
            isFromOtherAuthority: true,
            arguments: ["-tls1_2"],
            alert: 48
        ),
        Fault(testDescription: "expired", request: .client(validity: .expired), alert: 45),
        Fault(testDescription: "not yet valid", request: .client(validity: .notYet), alert: 42),
        Fault(testDescription: "a server's certificate", request: .server(), alert: 43),
        Fault(
            testDescription: "too old a version",
            arguments: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
            alert: 70
        ),
        Fault(testDescription: "another ALPN name", arguments: ["-alpn", "other"], alert: 120),
        Fault(testDescription: "no shared cipher", arguments: ["-tls1_2", "-cipher", "AES128-SHA"], alert: 40),
    ]

    @Test("A client that is refused learns why from the alert", arguments: faults)
    func refused(_ fault: Fault) async throws {
        var credentials = try Credentials()
        let authority = try fault.isFromOtherAuthority ? TestAuthority() : credentials.authority
        if let request = fault.request { credentials.client = try authority.issue(request) }
        try await withCommandClient(
            fault.arguments,
            credentials: credentials,
            showsCertificate: fault.request != nil
        ) { channel in
            await channel.waitUntilClosed()
        } _: { client in
            _ = try await client.errors.text(through: "SSL alert number \(fault.alert)\n")
        }
    }
}

/// Starts our server, and s_client at it with a client's certificate and ALPN.
private func withCommandClient<Result: Sendable>(
    _ arguments: [String],
    credentials: Credentials? = nil,
    showsCertificate: Bool = true,
    onChannel: @escaping @Sendable (Channel) async throws -> Void,
    _ body: @Sendable (ForeignParty) async throws -> Result
) async throws -> Result {
    let credentials = try credentials ?? Credentials.shared.get()
    let tls = credentials.tls(as: credentials.server, minimumVersion: .tls12, applicationProtocols: ["interop"])
    return try await withServer(.tls("127.0.0.1", 0, tls), onChannel: onChannel) { server in
        try await credentials.withDirectory { directory in
            let files = CertificatePaths(directory: directory)
            var command = ["openssl", "s_client", "-connect", "127.0.0.1:\(server.address.port ?? 0)"]
            command += ["-CAfile", files.authority, "-verify_return_error", "-verify_ip", "127.0.0.1"]
            command += ["-alpn", "interop"]
            if showsCertificate {
                command += ["-cert", files.client, "-key", files.clientKey]
                command += ["-cert_chain", "\(directory)/intermediate.pem"]
            }
            return try await ForeignParty.run(command + arguments, body)
        }
    }
}

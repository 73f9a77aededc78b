import SecureChannel
import TestCertificates
import Testing

@Suite("Resumption with GnuTLS's commands", .needs(.gnutls), .timeLimit(.minutes(5)))
struct GnuTLSResumptionTests {
    @Test(
        "gnutls-cli resumes the session that our server gave it; in TLS 1.2 there is none",
        arguments: ["1.2", "1.3"]
    )
    func client(version: String) async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.server, resumption: .tickets())
        let (infos, told) = AsyncStream.makeStream(of: TLSConnectionInformation?.self)
        try await withServer(.tls("127.0.0.1", 0, tls)) { channel in
            told.yield(channel.tls)
            await channel.waitUntilClosed()
        } _: { server in
            try await credentials.withDirectory { directory in
                let files = CertificatePaths(directory: directory)
                var command = ["gnutls-cli", "--port", "\(server.address.port ?? 0)", "--x509cafile", files.authority]
                command += ["--x509certfile", files.client, "--x509keyfile", files.clientKey, "--resume"]
                command += ["--waitresumption", "127.0.0.1"]
                try await ForeignParty.run(command) { client in
                    try await client.output.text(through: "*** This is a resumed session")
                    var ours = infos.makeAsyncIterator()
                    for isResumed in [false, true] {
                        let info = await ours.next() ?? nil
                        #expect(info?.version == "TLSv1.3")
                        #expect(info?.isResumed == isResumed)
                        #expect(info?.peerCertificate?.subject == "CN=interoperable-client")
                    }
                }
            }
        }
    }

    @Test("Our client resumes the session that gnutls-serv gave it")
    func server() async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.client, resumption: .tickets())
        try await credentials.withDirectory { directory in
            let files = CertificatePaths(directory: directory)
            var command = ["stdbuf", "-oL", "gnutls-serv", "--echo", "--port", "0", "--x509cafile", files.authority]
            command += ["--x509certfile", files.server, "--x509keyfile", files.serverKey]
            command += ["--require-client-cert", "--verify-client-cert"]
            try await ForeignParty.run(command) { server in
                try await server.errors.text(through: "IPv4 0.0.0.0 port 0...done\n")
                let port = try #require(try listeningPort(of: server.processIdentifier))
                // No call can be made, so that its ticket is read before the end or not: three tries.
                var resumed: TLSConnectionInformation?
                for number in 0..<4 where resumed == nil {
                    let channel = try await openChannel(.tls("127.0.0.1", port, tls))
                    let info = try #require(channel.tls)
                    if info.isResumed { resumed = info }
                    #expect(number > 0 || !info.isResumed)
                    await channel.close()
                }
                #expect(resumed?.verifiedName == "127.0.0.1")
                #expect(resumed?.peerCertificate?.subject == "CN=interoperable-server")
                try await server.output.text(through: "*** This is a resumed session")
            }
        }
    }
}

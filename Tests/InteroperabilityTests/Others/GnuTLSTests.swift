import Foundation
import SecureChannel
import TestCertificates
import Testing

@Suite("GnuTLS's commands", .needs(.gnutls), .timeLimit(.minutes(5)))
struct GnuTLSTests {
    @Test("gnutls-cli: mutual TLS, and a frame typed by hand gets its reply, byte for byte", arguments: ["1.2", "1.3"])
    func client(version: String) async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.server, minimumVersion: .tls12, applicationProtocols: ["interop"])
        let (channels, accepted) = AsyncStream.makeStream(of: Channel.self)
        try await withServer(.tls("127.0.0.1", 0, tls)) { channel in
            accepted.yield(channel)
            try await channel.serve { (text: String) in "\(text), too" }
        } _: { server in
            try await credentials.withDirectory { directory in
                let files = CertificatePaths(directory: directory)
                var command = ["gnutls-cli", "--port", "\(server.address.port ?? 0)", "--x509cafile", files.authority]
                command += ["--x509certfile", files.client, "--x509keyfile", files.clientKey, "--alpn", "interop"]
                command += ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS\(version)", "127.0.0.1"]
                try await ForeignParty.run(command) { client in
                    let information = try await client.output.text(through: "- Simple Client Mode:\n\n")
                    #expect(information.contains("- Status: The certificate is trusted."))
                    #expect(information.contains("(TLS\(version)"))
                    #expect(information.contains("- Application protocol: interop\n"))
                    #expect(information.contains("subject `CN=interoperable-server'"))

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

                    await channel.close()
                    // It says another sentence when a connection ends without close_notify.
                    try await client.output.text(through: "- Peer has closed the GnuTLS connection\n")
                }
            }
        }
    }

    /// No call: its echo is for lines of text, and ends at the zero bytes that every frame begins with.
    @Test("gnutls-serv: mutual TLS, and both ends agree", arguments: ["1.2", "1.3"])
    func server(version: String) async throws {
        let credentials = try Credentials.shared.get()
        let tls = credentials.tls(as: credentials.client, minimumVersion: .tls12, applicationProtocols: ["interop"])
        try await credentials.withDirectory { directory in
            let files = CertificatePaths(directory: directory)
            // Without stdbuf it keeps what it prints until it has 4 KiB.
            var command = ["stdbuf", "-oL", "gnutls-serv", "--echo", "--port", "0", "--x509cafile", files.authority]
            command += ["--x509certfile", files.server, "--x509keyfile", files.serverKey, "--alpn", "interop"]
            command += ["--require-client-cert", "--verify-client-cert"]
            command += ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS\(version)"]
            try await ForeignParty.run(command) { server in
                try await server.errors.text(through: "IPv4 0.0.0.0 port 0...done\n")
                let port = try #require(try listeningPort(of: server.processIdentifier))
                let channel = try await openChannel(.tls("127.0.0.1", port, tls))
                let information = try #require(channel.tls)
                #expect(information.version == "TLSv\(version)")
                #expect(information.applicationProtocol == "interop")
                #expect(information.peerCertificate?.subject == "CN=interoperable-server")
                #expect(information.verifiedName == "127.0.0.1")
                await channel.close()

                let seen = try await server.output.text(through: "- Application protocol: interop\n")
                #expect(seen.contains("Subject: CN=interoperable-client\n"))
                #expect(seen.contains("(TLS\(version)"))
            }
        }
    }
}

/// The IPv4 port on which a process listens, from Linux's tables: gnutls-serv prints the 0 that it was told.
func listeningPort(of process: Int32) throws -> Int? {
    let directory = "/proc/\(process)/fd"
    let sockets = try FileManager.default.contentsOfDirectory(atPath: directory)
        .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)") }
    // To its end: String(contentsOfFile:) reads only the first 4 KiB of such a file.
    let table = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp")).readToEnd() ?? Data()
    for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
        // Number, local address and port, remote ones, state (0A: listening), …, inode as the tenth.
        let columns = line.split(separator: " ")
        guard columns.count > 9, columns[3] == "0A", sockets.contains("socket:[\(columns[9])]") else { continue }
        return columns[1].split(separator: ":").last.flatMap { Int($0, radix: 16) }
    }
    return nil
}

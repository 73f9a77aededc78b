import NIOCore
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Against the openssl command")
struct ForeignPartyTests {
    @Test("s_client echoes, changes keys and closes cleanly", arguments: ["-tls1_2", "-tls1_3"])
    func client(version: String) async throws {
        let server = try await LoopbackServer(Parties(version: version == "-tls1_2" ? .tls12 : .tls13).server) {
            Echo()
        }
        let port = server.port
        try await withCertificateFiles { files in
            try await blocking {
                let client = try OpenSSLCommand([
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", files.authority, version,
                    "-verify_return_error", "-verify_hostname", "localhost",
                ])
                try client.expect("Verify return code: 0 (ok)")
                for round in 0..<5 {
                    try client.say("round \(round)\n")
                    try client.expect("round \(round)\n")
                    guard version == "-tls1_3" else { continue }
                    try client.say(round % 2 == 0 ? "K\n" : "k\n")
                    try client.expect("KEYUPDATE")
                }
                try client.say("Q\n")
                let rest = try client.finish()
                #expect(!rest.contains("error"))
            }
        }
        try await server.close()
    }

    @Test("s_client sees our close as a clean one")
    func cleanClose() async throws {
        let server = try await LoopbackServer(Parties().server) { OneReply() }
        let port = server.port
        try await withCertificateFiles { files in
            try await blocking {
                let client = try OpenSSLCommand([
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", files.authority, "-msg",
                ])
                try client.say("anything\n")
                try client.expect("one reply and no more")
                // The alert is in the trace, inside an encrypted record: warning (1), close_notify (0).
                try client.expect("Alert")
                try client.expect("warning close_notify")
                let rest = try client.finish()
                #expect(!rest.contains("unexpected eof"))
            }
        }
        try await server.close()
    }

    @Test("A client with no certificate learns that from s_client's side too", arguments: ["-tls1_2", "-tls1_3"])
    func rejected(version: String) async throws {
        let parties = try Parties(version: version == "-tls1_2" ? .tls12 : .tls13, mutual: true)
        let server = try await LoopbackServer(parties.server) { Echo() }
        let port = server.port
        try await withCertificateFiles { files in
            try await blocking {
                let client = try OpenSSLCommand([
                    "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", files.authority, version,
                ])
                try client.expect(version == "-tls1_3" ? "alert certificate required" : "alert handshake failure")
                client.terminate()
            }
        }
        try await server.close()
    }

    @Test("Our client talks to s_server", arguments: ["-tls1_2", "-tls1_3"])
    func server(version: String) async throws {
        let parties = try Parties(version: version == "-tls1_2" ? .tls12 : .tls13)
        let context = try parties.client.context(for: .client)
        try await withCertificateFiles { files in
            let (port, server) = try await blocking {
                let server = try OpenSSLCommand([
                    "s_server", "-accept", "127.0.0.1:0", "-cert", files.server, "-key", files.serverKey, version,
                    "-rev",
                ])
                let line = try server.expect("ACCEPT 127.0.0.1:") + server.expect("\n")
                return (Int(line.drop { $0 != ":" }.filter(\.isNumber)) ?? 0, UncheckedBox(server))
            }
            let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
            let channel = try await LoopbackServer.connect(context, port: port) { Reporter(continuation) }
            try await channel.writeAndFlush(ByteBuffer(string: "stressed\n"))
            var received = ""
            for await item in news {
                if case .bytes(let bytes) = item { received += String(buffer: bytes) }
                if case .error(let error) = item { throw error }
                if received == "desserts\n" { break }
            }
            #expect(received == "desserts\n")
            try await channel.close()
            server.value.terminate()
        }
    }
}

private final class OneReply: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: "one reply and no more\n")), promise: nil)
        context.close(promise: nil)
    }
}

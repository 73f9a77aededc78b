internal import Foundation
internal import SecureChannel
internal import Testing

@Suite("A line that breaks, or was never there", .serialized)
struct ConnectionFailureTests {
    private func expectFailure(_ arguments: String..., says: String...) async throws {
        let outcome = try await Command.run(arguments)
        #expect(outcome.isExit && outcome.status == 3)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("securechannel: "), "\(outcome.errors)")
        for text in says { #expect(outcome.errors.contains(text), "\(outcome.errors)") }
    }

    @Test("A port where nobody listens")
    func refused() async throws {
        let nobody = try RawSocket(listening: false)
        try await expectFailure("send", "tcp://127.0.0.1:\(nobody.port)", "1", says: "refused", "Is the server running")
        try await expectFailure("send", "tls://127.0.0.1:\(nobody.port)", "1", says: "refused")
    }

    @Test("A socket file that is not there, and a name that does not exist")
    func notThere() async throws {
        let directory = try TemporaryDirectory()
        try await expectFailure("send", "unix:\(directory.path)/socket", "1", says: "No such file")
        try await expectFailure("send", "tcp://does-not-exist.invalid:1", "1", says: "does-not-exist.invalid")
    }

    @Test("A server that closes the channel instead of answering")
    func closed() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            let request = try await channel.receive()
            await channel.close()
            withExtendedLifetime(request) {}  // one that is let go is answered with a failure
        } _: { server in
            try await expectFailure("send", "\(server.address)", "1", says: "closed by the peer")
        }
    }

    @Test("No reply within --timeout")
    func noReply() async throws {
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            let request = try await channel.receive()
            await channel.waitUntilClosed()
            withExtendedLifetime(request) {}
        } _: { server in
            try await expectFailure("send", "\(server.address)", "1", "--timeout", "0.4", says: "replyTimedOut")
            await server.shutDown(gracePeriod: .zero)  // the request has no reply to wait for
        }
    }

    @Test("No TLS handshake within --timeout")
    func noHandshake() async throws {
        let silent = try RawSocket(listening: true)
        try await expectFailure(
            "send",
            "tls://127.0.0.1:\(silent.port)",
            "1",
            "--timeout",
            "0.4",
            says: "handshake",
            "0.4 seconds"
        )
    }

    @Test("--timeout ends --retry")
    func timeoutBeforeRetry() async throws {
        let nobody = try RawSocket(listening: false)
        try await expectFailure(
            "send",
            "tcp://127.0.0.1:\(nobody.port)",
            "1",
            "--retry",
            "3600",
            "--timeout",
            "0.8",
            says: "0.8 seconds",
            "several tries"
        )
    }

    @Test("--timeout is for all of --count together")
    func timeoutOfAll() async throws {
        // Each reply comes at once; only all of them together take longer than the deadline.
        try await withServer(.tcp("127.0.0.1", 0)) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            let outcome = try await Command.run(
                "send",
                "\(server.address)",
                "1",
                "--count",
                "\(Int.max)",
                "--timeout",
                "0.5"
            )
            #expect(outcome.isExit && outcome.status == 3)
            #expect(outcome.output.hasPrefix("1\n1\n"))
            #expect(outcome.errors.contains("replyTimedOut"))
        }
    }

    @Test("A server without TLS, asked for TLS's opposite: a peer of another protocol")
    func tcpToTLS() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server) { _, address in
            try await expectFailure("send", "tcp://\(address.dropFirst("tls://".count))", "1", says: "closed")
        }
    }

    @Test("An address that another server has, also after --retry")
    func addressInUse() async throws {
        try await withServing(["tcp://127.0.0.1:0"]) { _, address in
            try await expectFailure("serve", address, says: "Another process has the address")
            try await expectFailure("serve", address, "--retry", "0.6", says: "Another process has the address")
        }
    }
}

internal import Foundation
internal import SecureChannel
internal import TestCertificates
internal import Testing

@Suite("TLS that cannot work, or is refused", .serialized)
struct TLSFailureTests {
    private func expectFailure(_ arguments: [String], says: String) async throws {
        let outcome = try await Command.run(arguments)
        #expect(outcome.isExit && outcome.status == 4)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("securechannel: "), "\(outcome.errors)")
        #expect(outcome.errors.contains(says), "\(outcome.errors)")
    }

    // MARK: Configurations

    @Test("A server without a certificate, or that cannot verify the clients it asks")
    func server() async throws {
        let made = try await MadeCertificates()
        try await expectFailure(["serve", "tls://localhost:0"], says: "certificate")
        try await expectFailure(
            ["serve", "tls://localhost:0", "--client-certificates", "required"] + made.server,
            says: "trust"
        )
    }

    @Test("Files that are not there or hold something else, on both sides", arguments: ["serve", "send"])
    func files(subcommand: String) async throws {
        let made = try await MadeCertificates()
        // A server takes any port; the client comes to none.
        let arguments = subcommand == "send" ? ["send", "tls://localhost:1", "1"] : [subcommand, "tls://localhost:0"]
        let (certificate, key, authority) = (made.paths.server, made.paths.serverKey, made.paths.authority)
        let noise = try made.directory.write("noise", to: "noise.pem")
        try await expectFailure(arguments + ["--certificate", "missing.pem", "--key", key], says: "'missing.pem'")
        try await expectFailure(
            arguments + ["--certificate", certificate, "--key", "missing.key"],
            says: "'missing.key'"
        )
        try await expectFailure(arguments + ["--certificate", noise, "--key", key], says: "noise.pem")
        try await expectFailure(
            arguments + ["--certificate", certificate, "--key", made.paths.clientKey],
            says: "match"
        )
        try await expectFailure(arguments + made.server + ["--authority", noise], says: "noise.pem")
        try await expectFailure(arguments + made.server + ["--authority", "missing.pem"], says: "'missing.pem'")
        try await expectFailure(
            arguments + made.server + ["--authority", authority, "--passphrase-file", "missing.txt"],
            says: "'missing.txt'"
        )
    }

    @Test("An encrypted key needs its passphrase, which comes from a file and is never asked for")
    func passphrase() async throws {
        let made = try await MadeCertificates()
        let identity = try Identity.selfSigned(.server())
        let certificate = try made.directory.write(identity.chainPEM, to: "own.pem")
        let key = try made.directory.write(identity.privateKey.encryptedPEM(passphrase: "correct horse"), to: "own.key")
        let right = try made.directory.write("correct horse\n", to: "right.txt")
        let wrong = try made.directory.write("battery staple\n", to: "wrong.txt")
        let arguments = ["tls://localhost:0", "--certificate", certificate, "--key", key]
        try await expectFailure(["serve"] + arguments, says: "passphrase")
        try await expectFailure(["serve"] + arguments + ["--passphrase-file", wrong], says: "passphrase")
        try await withServing(arguments + ["--passphrase-file", right]) { _, address in
            // The self-signed certificate is trusted directly.
            let sent = try await Command.run("send", address, "1", "--authority", certificate)
            #expect(sent.status == 0, "\(sent.errors)")
        }
    }

    // MARK: Handshakes

    @Test("The client refuses a server of an unknown authority, and one of another name")
    func clientRefuses() async throws {
        let made = try await MadeCertificates()
        let other = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server) { _, address in
            try await expectFailure(["send", address, "1"], says: "swift-secure-channel test authority")
            try await expectFailure(["send", address, "1"] + other.authority, says: "authority")
            try await expectFailure(
                ["send", address, "1", "--server-name", "db1.example"] + made.authority,
                says: "db1.example"
            )
        }
    }

    @Test("The server refuses a client without a certificate, and one of another authority")
    func serverRefuses() async throws {
        let made = try await MadeCertificates()
        let other = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server + made.authority) { _, address in
            try await expectFailure(["send", address, "1"] + made.authority, says: "requires a client certificate")
            try await expectFailure(["send", address, "1"] + made.authority + other.client, says: "certificate")
        }
    }

    @Test(
        "With --client-certificates none or optional a client without one is let in",
        arguments: ["none", "optional"]
    )
    func optional(clientCertificates: String) async throws {
        let made = try await MadeCertificates()
        let options = made.server + made.authority + ["--client-certificates", clientCertificates]
        try await withServing(["tls://localhost:0"] + options) { _, address in
            let sent = try await Command.run(["send", address, "1"] + made.authority)
            #expect(sent.status == 0, "\(sent.errors)")
        }
    }

    @Test("A server that speaks TLS 1.2 alone is refused unless --minimum-tls allows it")
    func version() async throws {
        let made = try await MadeCertificates()
        let old = TLSConfiguration(
            certificate: .file(made.paths.server),
            privateKey: .file(made.paths.serverKey),
            minimumVersion: .tls12,
            maximumVersion: .tls12
        )
        try await withServer(.tls("localhost", 0, old)) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            try await expectFailure(["send", "\(server.address)", "1"] + made.authority, says: "version")
            let sent = try await Command.run(
                ["send", "\(server.address)", "1", "--minimum-tls", "1.2"] + made.authority
            )
            #expect(sent.status == 0, "\(sent.errors)")
        }
    }

    @Test("Two sides without a common application protocol")
    func applicationProtocol() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0", "--alpn", "one"] + made.server) { _, address in
            try await expectFailure(["send", address, "1", "--alpn", "two"] + made.authority, says: "two")
        }
    }

    @Test("A server that does not speak TLS")
    func notTLS() async throws {
        try await withServing(["tcp://localhost:0"]) { _, address in
            try await expectFailure(["send", "tls://\(address.dropFirst("tcp://".count))", "1"], says: "TLS")
        }
    }
}

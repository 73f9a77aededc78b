internal import Foundation
internal import TestCertificates
internal import Testing

@Suite("Secrets that the command is told", .serialized, .timeLimit(.minutes(3)))
struct SecretsTests {
    private static let passphrase = "correct horse battery"
    private static let wrongPassphrase = "incorrect donkey cell"

    @Test("Neither a key nor a passphrase is shown by serve, send or doctor, right or wrong, even with --verbose")
    func shown() async throws {
        let directory = try TemporaryDirectory()
        let files = try CertificateFiles()
        let paths = try files.write(to: directory.path)
        var secrets = Secrets()
        try secrets.add(files.server, as: "server's key")
        try secrets.add(files.client, as: "client's key")
        secrets.add(Self.passphrase, as: "passphrase")
        secrets.add(Self.wrongPassphrase, as: "passphrase")

        func write(_ name: String, _ text: String) throws -> String {
            let path = "\(directory.path)/\(name)"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return path
        }
        let encrypted = try write("encrypted.key", files.client.privateKey.encryptedPEM(passphrase: Self.passphrase))
        let right = try write("right", "\(Self.passphrase)\n")
        let wrong = try write("wrong", "\(Self.wrongPassphrase)\n")
        let pem = files.client.privateKey.pem
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        // With "=": what begins with a dash and stands alone is an option to the argument parser, which repeats it.
        let clients: [[String]] = [
            ["--certificate", paths.client, "--key", encrypted, "--passphrase-file", right],
            ["--certificate", paths.client, "--key", encrypted, "--passphrase-file", wrong],
            ["--certificate", paths.client, "--key", encrypted],
            ["--certificate", paths.client, "--key", paths.serverKey, "--passphrase-file", right],
            ["--certificate", paths.clientKey, "--key", paths.client], ["--certificate", paths.client, "--key=\(pem)"],
            ["--certificate", paths.client, "--key", body],
            ["--certificate=\(pem)", "--passphrase-file", paths.clientKey],
        ]

        let server = ["--certificate", paths.server, "--key", paths.serverKey, "--authority", paths.authority]
        let serving = try await withServing(["tls://localhost:0", "--verbose"] + server) { _, address in
            for (number, client) in clients.enumerated() {
                let options = ["--authority", paths.authority] + client
                for command in [
                    ["send", address, "1", "--verbose"], ["doctor", address], ["doctor", address, "--json"],
                ] {
                    let outcome = try await Command.run(command + options)
                    #expect((outcome.status == 0) == (number == 0), "\(command) \(number)")
                    #expect(secrets.shown(in: outcome.output + outcome.errors) == [], "\(command) \(number)")
                }
            }
        }
        #expect(secrets.shown(in: serving.output + serving.errors) == [])
        for client in clients.dropFirst() {
            let outcome = try await Command.run(["serve", "tls://localhost:0", "--verbose"] + client)
            #expect(outcome.status != 0)
            #expect(secrets.shown(in: outcome.output + outcome.errors) == [])
        }
    }
}

internal import Foundation
internal import Testing

@Suite("Making certificates", .serialized)
struct CertificatesTests {
    @Test("Five files are made, keys for their owner alone, and standard output stays empty")
    func files() async throws {
        let directory = try TemporaryDirectory()
        let destination = "\(directory.path)/certs"
        let outcome = try await Command.run("certificates", destination)
        #expect(outcome.status == 0)
        #expect(outcome.output == "")
        let names = ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"]
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: destination)) == Set(names))
        for name in names {
            #expect(outcome.errors.contains("\(destination)/\(name)"))
            let mode = try FileManager.default.attributesOfItem(atPath: "\(destination)/\(name)")[.posixPermissions]
            if name.hasSuffix(".key") { #expect(mode as? Int == 0o600) }
        }
    }

    @Test("--host names the server, IP addresses included, and only so can it be reached")
    func hosts() async throws {
        let directory = try TemporaryDirectory()
        let made = try await Command.run(
            "certificates",
            directory.path,
            "--host",
            "db1.example.org",
            "--host",
            "127.0.0.1"
        )
        #expect(made.status == 0)
        let options = ["--certificate", "\(directory.path)/server.pem", "--key", "\(directory.path)/server.key"]
        try await withServing(["tls://127.0.0.1:0"] + options) { _, address in
            let sending = ["send", address, "1", "--authority", "\(directory.path)/ca.pem"]
            let byAddress = try await Command.run(sending)
            #expect(byAddress.status == 0, "\(byAddress.errors)")
            let byName = try await Command.run(sending + ["--server-name", "db1.example.org"])
            #expect(byName.status == 0, "\(byName.errors)")
            let byAnotherName = try await Command.run(sending + ["--server-name", "localhost"])
            #expect(byAnotherName.status == 4, "\(byAnotherName.errors)")
        }
    }
}

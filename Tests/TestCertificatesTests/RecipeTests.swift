internal import Foundation
internal import TestCertificates
internal import Testing

/// `certs/make.sh`, for people without Swift: run in a directory of the test's own, since it writes beside itself.
@Suite("The recipe without Swift")
struct RecipeTests {
    let directory: TemporaryDirectory
    let script: String

    init() throws {
        directory = try TemporaryDirectory()
        script = "\(directory.path)/make.sh"
        let repository = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL.path
        try FileManager.default.copyItem(atPath: "\(repository)/certs/make.sh", toPath: script)
    }

    @Test("It makes the same files with the same modes, and strict verifiers take them")
    func files() throws {
        let made = try run("sh", script, "db1.example.org", "192.0.2.1", "2001:db8::1")
        try #require(made.status == 0, "\(made.output)")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(Set(names) == ["make.sh", "ca.pem", "server.pem", "server.key", "client.pem", "client.key"])

        let paths = CertificatePaths(directory: directory.path)
        let verify = ["verify", "-x509_strict", "-CAfile", paths.authority]
        for options in [
            ["-purpose", "sslserver", "-verify_hostname", "db1.example.org", paths.server],
            ["-purpose", "sslserver", "-verify_ip", "192.0.2.1", paths.server],
            ["-purpose", "sslserver", "-verify_ip", "2001:db8::1", paths.server],
            ["-purpose", "sslclient", paths.client],
        ] {
            let verdict = try run("openssl", verify + options)
            #expect(verdict.status == 0, "\(verdict.output)")
        }
        for (certificate, key) in [(paths.server, paths.serverKey), (paths.client, paths.clientKey)] {
            let ofCertificate = try run("openssl", "x509", "-in", certificate, "-noout", "-pubkey").output
            #expect(try run("openssl", "pkey", "-in", key, "-pubout").output == ofCertificate)
            let attributes = try FileManager.default.attributesOfItem(atPath: key)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("Its certificates say what the module's say, but for keys, serial numbers and times")
    func sameText() throws {
        func text(_ path: String) throws -> String {
            let omitted = "no_serial,no_validity,no_pubkey,no_sigdump"
            let lines = try run("openssl", "x509", "-in", path, "-noout", "-text", "-certopt", omitted).output
            return lines.replacing(/([0-9A-F]{2}:){19}[0-9A-F]{2}/, with: "(key identifier)")
        }
        #expect(try run("sh", script).status == 0)
        let other = try TemporaryDirectory()
        let expected = try CertificateFiles().write(to: other.path)
        let paths = CertificatePaths(directory: directory.path)
        #expect(try text(paths.authority) == text(expected.authority))
        #expect(try text(paths.server) == text(expected.server))
        #expect(try text(paths.client) == text(expected.client))
        #expect(try text(paths.client).contains("(key identifier)"))
    }

    @Test(
        "A host that is none stops it and leaves the old files alone",
        arguments: ["a b", "300.1.1.1", "a,IP:1.2.3.4", ""]
    )
    func badHost(host: String) throws {
        let key = try directory.write("old", to: "server.key")
        #expect(try run("sh", script, host).status != 0)
        #expect(try String(contentsOfFile: key, encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).count == 2)
    }
}

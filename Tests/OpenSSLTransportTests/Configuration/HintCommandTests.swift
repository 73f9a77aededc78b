import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

/// Every command that an error advises works when it is typed.
@Suite("Commands in hints")
struct HintCommandTests {
    let directory: TemporaryDirectory
    let identity: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        self.identity = try TestAuthority().issue(.server())
    }

    /// Runs the command in `hint` with its capital words replaced, and gives the place of what it wrote.
    private func run(_ hint: String, _ words: [String: String], answers: [String] = []) throws -> String {
        let command = try #require(hint.firstMatch(of: /(openssl|ssh-keygen|keytool|base64) [^.:]*/)?.output.0)
        let new = self.directory.path + "/" + UUID().uuidString
        var text = command.split(separator: " ").map { words[String($0)] ?? ($0 == "NEWFILE" ? new : String($0)) }
        text += answers
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", text.joined(separator: " ")]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(text.joined(separator: " "))")
        return new
    }

    private func hint(_ file: String, _ kind: CredentialKind, passphrase: String? = nil) throws -> String {
        let reader = CredentialReader(kind: kind, source: .file(file), role: .server, passphrase: passphrase)
        return try #require(
            throws: TLSError.self,
            performing: {
                if kind == .privateKey { _ = try reader.privateKey(of: []) } else { _ = try reader.certificates() }
            }
        ).hint
    }

    private func opens(_ file: String, _ kind: CredentialKind, passphrase: String? = nil) throws {
        let reader = CredentialReader(kind: kind, source: .file(file), role: .server, passphrase: passphrase)
        if kind == .privateKey { _ = try reader.privateKey(of: []) } else { _ = try reader.certificates() }
    }

    @Test("PKCS#7 is made PEM, from PEM and from DER", arguments: ["PEM", "DER"])
    func pkcs7(_ form: String) throws {
        let certificate = try self.directory.write(self.identity.chainPEM, "a.pem")
        let bundle = try openssl("crl2pkcs7", "-nocrl", "-certfile", certificate, "-outform", form)
        let file = try self.directory.write(bundle, "a.p7b")
        try self.opens(self.run(self.hint(file, .certificate), ["FILE": file]), .certificate)
    }

    @Test(
        "Keys encrypted with RC2 or DES are encrypted anew",
        arguments: [
            ["pkcs8", "-topk8", "-v1", "PBE-SHA1-RC2-40"],
            ["pkcs8", "-topk8", "-v1", "PBE-SHA1-RC2-40", "-outform", "DER"],
            ["rsa", "-traditional", "-des"], ["pkcs8", "-topk8", "-v1", "PBE-MD5-DES"],
        ]
    )
    func oldEncryption(_ options: [String]) throws {
        let plain = try self.directory.write(PrivateKey(.rsa(bits: 2048)).pem, "plain.key")
        let legacy = ["-provider", "default", "-provider", "legacy", "-in", plain, "-passout", "pass:s3cret"]
        let file = try self.directory.write(openssl(options + legacy), "old.key")
        let answers = ["-passin", "pass:s3cret", "-passout", "pass:n3w"]
        let new = try self.run(self.hint(file, .privateKey, passphrase: "s3cret"), ["FILE": file], answers: answers)
        try self.opens(new, .privateKey, passphrase: "n3w")
    }

    @Test(
        "OpenSSH's own form is changed where ssh-keygen can, else a new key is made",
        arguments: ["ed25519", "ecdsa", "rsa"]
    )
    func openSSH(_ kind: String) throws {
        let file = self.directory.path + "/id"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return }  // there is no ssh-keygen
        let hint = try self.hint(file, .privateKey)
        #expect(hint.contains("ssh-keygen -p") == (kind != "ed25519"))
        let changesIt = hint.contains("ssh-keygen -p")
        let new = try self.run(hint, ["FILE": file], answers: changesIt ? ["-P", "''", "-N", "''"] : [])
        try self.opens(changesIt ? file : new, .privateKey)
    }

    @Test("PEM in base64 is decoded")
    func base64() throws {
        let file = try self.directory.write(Data(self.identity.chainPEM.utf8).base64EncodedString(), "a.b64")
        try self.opens(self.run(self.hint(file, .certificate), ["FILE": file]), .certificate)
    }

    @Test("PKCS#12 with nothing in it of what is asked for is exported whole")
    func export() throws {
        let both = try self.directory.write(self.identity.privateKey.pem + self.identity.chainPEM, "both.pem")
        let words = [
            "KEY": try self.directory.write(self.identity.privateKey.pem, "a.key"),
            "CERTIFICATE": try self.directory.write(self.identity.chainPEM, "a.pem"),
        ]
        for (option, kind) in [("-nokeys", CredentialKind.privateKey), ("-nocerts", .certificate)] {
            let pfx = try openssl("pkcs12", "-export", "-in", both, option, "-passout", "pass:s3cret")
            let hint = try self.hint(self.directory.write(pfx, "half.p12"), kind, passphrase: "s3cret")
            let target = self.directory.path + "/\(kind).p12"
            let all = words.merging(["FILE": target]) { first, _ in first }
            _ = try self.run(hint, all, answers: ["-passout", "pass:s3cret"])
            try self.opens(target, kind, passphrase: "s3cret")
        }
    }

    @Test("There is no command in an error of this module that these tests, PKCS12Tests and the providers' do not run")
    func allAreKnown() throws {
        // The last two are run by the tests of providers and of stapling.
        let tested: Set<String> = [
            "openssl pkcs7 -in", "openssl pkcs7 -inform", "openssl pkcs8 -topk8", "openssl pkcs12 -legacy",
            "openssl pkcs12 -nomacver", "openssl pkcs12 -export", "openssl genpkey -algorithm", "ssh-keygen -p -m",
            "base64 -d FILE", "openssl list -providers", "openssl ocsp -respout",
        ]
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Sources/OpenSSLTransport"
        )
        let files = try #require(FileManager.default.enumerator(atPath: sources.path)).compactMap { $0 as? String }
        var count = 0
        for file in files where file.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
            for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                for match in line.matches(of: /(openssl|ssh-keygen|base64|keytool) (\w+ )?-\S+( \S+)?/) {
                    count += 1
                    #expect(tested.contains { match.output.0.hasPrefix($0) }, "\(file): \(match.output.0)")
                }
            }
        }
        #expect(count >= 10)
    }
}

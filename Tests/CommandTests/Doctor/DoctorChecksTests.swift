internal import Foundation
internal import SecureChannel
internal import TestCertificates
internal import Testing

@Suite("The doctor, on resumption, revocation and pins", .serialized)
struct DoctorChecksTests {
    private func examine(_ arguments: [String], status: Int32, says: [String]) async throws {
        let outcome = try await Command.run(["doctor"] + arguments)
        #expect(outcome.isExit && outcome.status == status, "\(outcome)")
        for words in says { #expect(outcome.output.contains(words), "\(words) is not in: \(outcome.output)") }
    }

    @Test("A server that sends tickets is tried twice more, whether it takes them back")
    func resumption() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0", "--resume"] + made.server + made.authority) { _, address in
            let client = made.authority + made.client
            try await examine(
                [address] + client,
                status: 0,
                says: ["resumption          the server sent a ticket, and took it back on another connection"]
            )
            let facts = try Value(json: try await Command.run(["doctor", address, "--json"] + client).output)
            #expect(facts["ticketOffered"] == true && facts["ticketTaken"] == true)
        }
    }

    @Test("Both ends resume when both are told to")
    func sending() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0", "--resume"] + made.server + made.authority) { _, address in
            let outcome = try await Command.run(["send", address, "1", "--resume"] + made.authority + made.client)
            #expect(outcome.status == 0 && outcome.output == "1\n", "\(outcome)")
        }
    }

    /// An authority that says what is revoked, with a server's certificate, in files.
    private struct RevokingAuthority {
        let directory: TemporaryDirectory
        let server: [String]
        let authority: [String]
        let good: String
        let revoked: String
        /// Both of them in one file: the complete list that has the certificate on it, and a newer, empty delta list.
        let hidden: String
        let ocsp: String

        init() throws {
            self.directory = try TemporaryDirectory()
            let issuer = try Identity.selfSigned(
                CertificateRequest(commonName: "revoking authority", isAuthority: true)
            )
            var request = CertificateRequest.server()
            request.serialNumber = [0x51]
            let server = try TestAuthority(signingAs: issuer).issue(request)
            let path = directory.path
            func write(_ text: String, _ name: String) throws -> String {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
                return "\(path)/\(name)"
            }
            let authority = try write(issuer.certificate.pem, "authority.pem")
            let key = try write(issuer.privateKey.pem, "authority.key")
            let certificate = try write(server.certificate.pem, "server.pem")
            self.server = [
                "--certificate", try write(server.certificate.pem + issuer.certificate.pem, "chain.pem"), "--key",
                try write(server.privateKey.pem, "server.key"),
            ]
            self.authority = ["--authority", authority]
            let configuration = try write(
                "[ca]\ndefault_ca=a\n[a]\ndatabase=\(path)/index.txt\ndefault_md=sha256\ndefault_crl_days=1\n"
                    + "[complete]\n1.2.3.4=DER:0500\n[delta]\n2.5.29.27=critical,DER:020101\n",
                "ca.cnf"
            )
            func list(_ entry: String, _ name: String, _ extensions: String = "complete") throws -> String {
                _ = try write("\(entry)\t51\tunknown\t/CN=localhost\n", "index.txt")
                try Self.openssl([
                    "ca", "-config", configuration, "-gencrl", "-keyfile", key, "-cert", authority, "-crlexts",
                    extensions, "-out", "\(path)/\(name)",
                ])
                return "\(path)/\(name)"
            }
            self.revoked = try list("R\t491231235959Z\t260101000000Z", "revoked.crl")
            let delta = try list("V\t491231235959Z\t", "delta.crl", "delta")
            self.hidden = try write(
                [self.revoked, delta].map { try String(contentsOfFile: $0, encoding: .utf8) }.joined(),
                "hidden.crl"
            )
            self.good = try list("V\t491231235959Z\t", "good.crl")
            self.ocsp = "\(path)/server.ocsp"
            try Self.openssl([
                "ocsp", "-index", "\(path)/index.txt", "-CA", authority, "-rsigner", authority, "-rkey", key, "-issuer",
                authority, "-cert", certificate, "-ndays", "1", "-respout", ocsp, "-noverify",
            ])
        }

        private static func openssl(_ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["openssl"] + arguments
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
        }
    }

    @Test("Lists and OCSP responses: what was asked about, what was found, and what mends it")
    func revocation() async throws {
        let files = try RevokingAuthority()
        try await withServing(["tls://localhost:0"] + files.server) { _, address in
            try await examine(
                [address, "--revocation-list", files.good] + files.authority,
                status: 0,
                says: ["revocation          on no list of '\(files.good)'\n"]
            )
            try await examine(
                [address, "--revocation-list", files.revoked] + files.authority,
                status: 4,
                says: [
                    "fault: The server's certificate 'CN=localhost'", "is revoked, says its issuer's revocation list",
                    "revocation          the certificate is revoked",
                ]
            )
            try await examine(
                [address, "--ocsp", "required"] + files.authority,
                status: 4,
                says: ["fault: The server sent no OCSP response", "serve --ocsp-response FILE"]
            )
            try await examine(
                [address, "--ocsp", "checked"] + files.authority,
                status: 0,
                says: ["revocation          the server sent no OCSP response\n"]
            )
        }
        try await withServing(["tls://localhost:0", "--ocsp-response", files.ocsp] + files.server) { _, address in
            try await examine(
                [address, "--ocsp", "required"] + files.authority,
                status: 0,
                says: ["revocation          the server sent a good OCSP response\n"]
            )
            let facts = try Value(
                json: try await Command.run(["doctor", address, "--json", "--ocsp", "required"] + files.authority)
                    .output
            )
            #expect(facts["ocspResponse"] == true)
            #expect(facts["revocationLists"] == .array([]))
        }
    }

    @Test("A delta list is a fault, told instead of what is on it, and not looked past")
    func deltaList() async throws {
        let files = try RevokingAuthority()
        try await withServing(["tls://localhost:0"] + files.server) { _, address in
            let arguments = ["doctor", address, "--revocation-list", files.hidden] + files.authority
            let outcome = try await Command.run(arguments)
            #expect(outcome.status == 4)
            #expect(outcome.output.contains("hidden.crl' has a list that is a delta list"), "\(outcome)")
            #expect(outcome.output.contains("mend:  Name the complete list"), "\(outcome)")
            #expect(outcome.output.hasSuffix("A channel would not work.\n"), "\(outcome)")
            #expect(!outcome.output.contains("on no list"), "\(outcome)")
        }
    }

    @Test("Whether the server's certificates would pass with --strict, and that they fail with it where they would not")
    func strictness() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server) { _, address in
            let good = "strict              the certificates are as RFC 5280 wants them\n"
            try await examine([address] + made.authority, status: 0, says: [good])
            try await examine([address, "--strict"] + made.authority, status: 0, says: [good])
        }
        let directory = try TemporaryDirectory()
        func write(_ text: String, _ name: String) throws -> String {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory.path)/\(name)"))
            return "\(directory.path)/\(name)"
        }
        let authority = try TestAuthority()
        var request = CertificateRequest.server()
        request.hasKeyIdentifiers = false
        let server = try authority.issue(request)
        let options = [
            "--certificate", try write(server.chainPEM, "server.pem"), "--key",
            try write(server.privateKey.pem, "server.key"),
        ]
        let trust = ["--authority", try write(authority.certificate.pem, "authority.pem")]
        try await withServing(["tls://localhost:0"] + options) { _, address in
            let words = "the server's certificate 'CN=localhost'"
            try await examine(
                [address] + trust,
                status: 0,
                says: ["strict              with --strict a channel would not work: \(words)", "Key Identifier"]
            )
            let facts = try Value(json: try await Command.run(["doctor", address, "--json"] + trust).output)
            #expect(facts["works"] == true && facts["strict"] == false, "\(facts)")
            try await examine(
                [address, "--strict"] + trust,
                status: 4,
                says: [
                    "fault: The server's certificate", "Key Identifier", "mend:  Have it issued as RFC 5280 wants it",
                ]
            )
        }
    }

    @Test("A key that is not pinned, and the option that pins it")
    func pins() async throws {
        let made = try await MadeCertificates()
        let foreign = Data(repeating: 7, count: 32).base64EncodedString()
        try await withServing(["tls://localhost:0"] + made.server) { _, address in
            try await examine(
                [address, "--pin", foreign] + made.authority,
                status: 4,
                says: ["no public key of its chain is pinned", "name it with --pin"]
            )
        }
    }

    @Test("Algorithms are as the options say")
    func algorithms() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server) { _, address in
            try await examine(
                [address, "--cipher-suite", "TLS_CHACHA20_POLY1305_SHA256", "--group", "P-384"] + made.authority,
                status: 0,
                says: ["cipher              TLS_CHACHA20_POLY1305_SHA256", "group               P-384"]
            )
            try await examine(
                [address, "--group", "P-12"] + made.authority,
                status: 4,
                says: ["knows no key exchange group 'P-12'"]
            )
        }
    }

    @Test("Keys come from stores, and cryptography from the providers that are named")
    func stores() async throws {
        let made = try await MadeCertificates()
        let server = ["--certificate", "file:\(made.paths.server)", "--key", "file:\(made.paths.serverKey)"]
        let authority = ["--authority", "file:\(made.paths.authority)"]
        try await withServing(["tls://localhost:0", "--provider", "default"] + server + authority) { _, address in
            try await examine([address, "--provider", "default"] + authority + made.client, status: 0, says: [])
            try await examine(
                [address, "--provider", "default", "--provider-properties", "fips=yes"] + authority,
                status: 4,
                says: ["fault:", "fips=yes"]
            )
            try await examine([address, "--provider", "nonesuch"] + authority, status: 4, says: ["'nonesuch'"])
        }
    }

    @Test("serve takes up new files while it runs")
    func reload() async throws {
        let (made, other) = (try await MadeCertificates(), try await MadeCertificates())
        try await withServing(["tls://localhost:0", "--reload", "0.1"] + made.server) { _, address in
            try await examine([address] + made.authority, status: 0, says: [])
            for (old, new) in [(made.paths.server, other.paths.server), (made.paths.serverKey, other.paths.serverKey)] {
                try Data(contentsOf: URL(fileURLWithPath: new)).write(to: URL(fileURLWithPath: old))
            }
            let end = ContinuousClock.now + .seconds(30)
            var status: Int32 = -1
            while status != 0, ContinuousClock.now < end {
                status = try await Command.run(["doctor", address] + other.authority).status
            }
            #expect(status == 0, "the new certificate was not taken up")
        }
    }
}

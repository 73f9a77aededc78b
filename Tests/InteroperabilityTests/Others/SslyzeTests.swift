import SecureChannel
import TestCertificates
import Testing

/// What Mozilla asks of a modern server: TLS 1.3 alone with its three suites, X25519, P-256 and P-384, a certificate of an
/// elliptic curve for 90 days at most, and none of the known attacks. See https://wiki.mozilla.org/Security/Server_Side_TLS.
///
/// No finding is left out: our authority is trusted by option, and the certificate is one for a short time. Client certificates
/// are asked for and not required, since sslyze 6.3.1 cannot show one: its OpenSSL for SSL 2.0 fails to load it.
@Suite("sslyze, with Mozilla's modern profile", .needs(.sslyze), .timeLimit(.minutes(5)))
struct SslyzeTests {
    @Test(
        "A server with the default settings complies",
        arguments: [TLSConfiguration.ClientCertificates.none, .optional],
        [TLSConfiguration.Resumption.off, .tickets()]
    )
    func complies(
        clientCertificates: TLSConfiguration.ClientCertificates,
        resumption: TLSConfiguration.Resumption
    ) async throws {
        let scan = try await scan(clientCertificates: clientCertificates, resumption: resumption)
        #expect(scan.findings == [])
        #expect(scan.isCompliant)
        #expect(scan.status == 0, "\(scan.said)")
        // No part of the profile.
        #expect(scan.says("Client Renegotiation DoS Attack:   OK - Not vulnerable"))
    }

    // What it finds where there is something to find: else it could be that it looks at nothing.

    @Test("One that lets TLS 1.2 in does not, and that is all there is to say against it")
    func tls12() async throws {
        let scan = try await scan(minimumVersion: .tls12)
        #expect(scan.status == 1)
        #expect(!scan.isCompliant)
        #expect(scan.findings == ["tls_versions", "ciphers"])
        #expect(scan.says("Client Renegotiation DoS Attack:   OK - Not vulnerable"))
    }

    @Test("One with a certificate of the usual 397 days is told that this is too long")
    func longLifespan() async throws {
        let scan = try await scan(validity: .days(397))
        #expect(scan.status == 1)
        #expect(scan.findings == ["maximum_certificate_lifespan"])
    }

    @Test("One with an RSA key, and one with another curve, are told so")
    func otherKeys() async throws {
        let rsa = try await scan(key: .rsa(bits: 2048))
        #expect(rsa.findings == ["certificate_types"])
        let groups = try await scan(algorithms: .init(groups: ["P-521", "X25519"]))
        #expect(groups.findings == ["tls_curves"])
    }

    @Test("Without our authority it trusts nobody here")
    func untrusted() async throws {
        let scan = try await scan(trustsAuthority: false)
        #expect(scan.status == 1)
        #expect(scan.findings == ["certificate_path_validation"])
    }
}

extension SslyzeTests {
    /// What it said.
    private struct Scan {
        var status: Int32
        var isCompliant: Bool
        /// Of Mozilla's criteria, those that are not met.
        var findings: Set<String>
        var said: String

        /// Whether it says so, whatever the space between its columns.
        func says(_ line: String) -> Bool {
            func words(_ text: some StringProtocol) -> [Substring] { text.split(separator: " ").map { Substring($0) } }
            return said.split(separator: "\n").contains { words($0) == words(line) }
        }
    }

    /// Has it look at a server that serves meanwhile.
    private func scan(
        key: KeyKind = .p256,
        validity: Validity = .days(89),  // and one that has passed
        clientCertificates: TLSConfiguration.ClientCertificates = .none,
        minimumVersion: TLSVersion = .tls13,
        algorithms: TLSConfiguration.Algorithms = .recommended,
        resumption: TLSConfiguration.Resumption = .off,
        trustsAuthority: Bool = true
    ) async throws -> Scan {
        var credentials = try Credentials()
        credentials.server = try credentials.intermediate.issue(.server(key: key, validity: validity))
        let tls = TLSConfiguration(
            certificate: .pem(credentials.server.chainPEM),
            privateKey: .pem(credentials.server.privateKey.pem),
            trustRoots: .pem(credentials.authority.certificate.pem),
            clientCertificates: clientCertificates,
            minimumVersion: minimumVersion,
            algorithms: algorithms,
            resumption: resumption
        )
        return try await withServer(.tls("127.0.0.1", 0, tls)) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            try await credentials.withDirectory { directory in
                try await scan(port: server.address.port ?? 0, directory, trustsAuthority)
            }
        }
    }

    private func scan(
        port: Int,
        _ directory: String,
        _ trustsAuthority: Bool
    ) async throws -> Scan {
        let files = CertificatePaths(directory: directory)
        var command = [Installed.scanner, "--mozilla_config", "modern"]
        if trustsAuthority { command += ["--certinfo_ca_file", files.authority] }
        return try await ForeignParty.run(command + ["localhost:\(port)"]) { sslyze in
            let status = try await sslyze.exitStatus()
            let said = try await sslyze.output.rest()
            let findings = said.split(separator: "\n").compactMap { line in
                line.firstMatch(of: #/^ {8}\* (\w+): /#).map { String($0.1) }
            }
            return Scan(
                status: status,
                // Its status is 0 also when there was nothing to look at.
                isCompliant: said.contains("localhost:\(port): OK - Compliant."),
                findings: Set(findings),
                said: said
            )
        }
    }
}

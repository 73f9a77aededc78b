internal import Testing

internal import TestCertificates

/// A certificate with one fault, and the number of the error by which a verifier must know it (openssl-verify(1)).
struct Fault: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var error: Int
    var options: [String] = []
    var request = CertificateRequest.server()

    static let all: [Fault] = [
        Fault("expired", error: 10) { $0.validity = .expired },
        Fault("not valid yet", error: 9) { $0.validity = .notYet },
        Fault("for another host", ["-verify_hostname", "localhost"], error: 62) {
            $0 = .server(hosts: ["other.example"])
        },
        Fault("for hosts, asked for an address", ["-verify_ip", "127.0.0.1"], error: 64) {
            $0 = .server(commonName: "127.0.0.1", hosts: ["localhost"])
        },
        Fault("for addresses, asked for a host", ["-verify_hostname", "localhost"], error: 62) {
            $0 = .server(commonName: "someone", hosts: ["127.0.0.1"])
        },
        Fault("an e-mail address instead of a host", ["-verify_hostname", "localhost"], error: 62) {
            $0.commonName = "someone"
            $0.alternativeNames = [.email("localhost@localhost")]
        },
        Fault("a client's, used by a server", ["-purpose", "sslserver"], error: 26) { $0 = .client() },
        Fault("for code signing, used by a server", ["-purpose", "sslserver"], error: 26) {
            $0.purposes = [.codeSigning]
        },
        Fault("for code signing, used by a client", ["-purpose", "sslclient"], error: 26) {
            $0.purposes = [.codeSigning]
        },
        Fault("with too short a key", ["-auth_level", "2"], error: 66) { $0.key = .rsa(bits: 1024) },
        Fault("signed with SHA-1", ["-auth_level", "1"], error: 68) { $0.signatureDigest = .sha1 },
        Fault("with an unknown critical extension", error: 34) {
            $0.additionalExtensions = [RawExtension(objectIdentifier: "1.2.3.4", isCritical: true, value: [5, 0])]
        },
        Fault("with a NUL in its host name", ["-verify_hostname", "localhost"], error: 62) {
            $0 = .server(commonName: "someone", hosts: ["localhost\0.example"])
        },
    ]

    init(_ name: String, _ options: [String] = [], error: Int, _ spoil: (inout CertificateRequest) -> Void) {
        testDescription = name
        self.options = options
        self.error = error
        spoil(&request)
    }
}

@Suite("Faulty certificates")
struct FaultyCertificateTests {
    @Test("A faulty certificate is refused for its fault alone", arguments: Fault.all)
    func fault(_ fault: Fault) throws {
        let authority = try TestAuthority()
        let verdict = try verify(authority.issue(fault.request), trusting: authority.certificate, fault.options)
        #expect(verdict.status != 0)
        let errors = verdict.output.matches(of: /error (\d+) at/).map { String($0.1) }
        #expect(errors == ["\(fault.error)"], "\(verdict.output)")
    }

    @Test("A common name counts as a host only where there is no DNS name, as OpenSSL has it")
    func commonNameAlone() throws {
        let authority = try TestAuthority()
        let options = ["-verify_hostname", "localhost"]
        let alone = try authority.issue(.server(commonName: "localhost", hosts: []))
        #expect(try verify(alone, trusting: authority.certificate, options).status == 0)
        #expect(try extensions(of: alone).contains("Alternative") == false)

        var request = CertificateRequest.server(commonName: "localhost", hosts: [])
        request.alternativeNames = [.uri("spiffe://localhost/db")]
        let beside = try authority.issue(request)
        #expect(try verify(beside, trusting: authority.certificate, options).status == 0)
        #expect(try extensions(of: beside).contains("Alternative Name: \n    URI:spiffe://localhost/db\n"))
    }

    @Test("A certificate of another authority of the same name is not trusted")
    func otherAuthority() throws {
        let other = try TestAuthority().issue(.server())
        let verdict = try verify(other, trusting: TestAuthority().certificate)
        #expect(verdict.output.contains("error 20 "), "\(verdict.output)")
    }

    @Test("A chain without its intermediate is not trusted")
    func missingIntermediate() throws {
        let root = try TestAuthority()
        var server = try root.intermediate().issue(.server())
        server.chain.removeLast()
        let verdict = try verify(server, trusting: root.certificate)
        #expect(verdict.output.contains("error 20 "), "\(verdict.output)")
    }

    @Test("What a certificate that is no authority's has issued is not trusted")
    func leafAsAuthority() throws {
        let root = try TestAuthority()
        let server = try root.issue(.server())
        let victim = try TestAuthority(signingAs: server).issue(.server(hosts: ["bank.example"]))
        #expect(victim.chain == [victim.certificate, server.certificate])
        let verdict = try verify(victim, trusting: root.certificate)
        #expect(verdict.status != 0)
        #expect(verdict.output.contains(/error (24|32|79) at/), "\(verdict.output)")
    }

    @Test("NUL, newline and escape stand in the subject and the names as they were given")
    func hostileText() throws {
        let hostile = "db\0\n\u{1B}[2J\u{202E}é"
        let request = CertificateRequest(
            commonName: hostile,
            alternativeNames: [.dns(hostile), .uri(hostile), .raw(tag: 0x87, [1, 2, 3]), .raw(tag: 0x82, [0xFF])]
        )
        let certificate = try TestAuthority().issue(request).certificate
        let text = Array(hostile.utf8)
        let count = UInt8(text.count)
        #expect(certificate.der.contains([0x0C, count] + text))  // UTF8String
        #expect(
            certificate.der.contains([0x82, count] + text + [0x86, count] + text + [0x87, 3, 1, 2, 3, 0x82, 1, 0xFF])
        )

        let directory = try TemporaryDirectory()
        let file = try directory.write(certificate.pem, to: "hostile.pem")
        let subject = try run("openssl", "x509", "-in", file, "-noout", "-subject", "-nameopt", "RFC2253,esc_ctrl")
        #expect(subject.output.hasPrefix(#"subject=CN=db\00\0A\1B[2J"#), "\(subject.output)")
    }

    @Test("A subject longer than OpenSSL itself would write is possible")
    func longSubject() throws {
        let certificate = try TestAuthority().issue(.client(commonName: String(repeating: "x", count: 70_000)))
            .certificate
        let directory = try TemporaryDirectory()
        let file = try directory.write(certificate.pem, to: "long.pem")
        let subject = try run("openssl", "x509", "-in", file, "-noout", "-subject")
        #expect(subject.output.filter { $0 == "x" }.count == 70_000)
    }

    @Test("A chosen serial number stands in the certificate")
    func serialNumber() throws {
        var request = CertificateRequest.client()
        request.serialNumber = [0x80, 0x01]
        let directory = try TemporaryDirectory()
        let file = try directory.write(TestAuthority().issue(request).certificate.pem, to: "leaf.pem")
        #expect(try run("openssl", "x509", "-in", file, "-noout", "-serial").output == "serial=8001\n")
    }

    @Test(
        "An address that is none is an error that quotes it",
        arguments: ["localhost", "1.2.3", "::1%lo", "[::1]", "1.2.3.4\0"]
    )
    func badAddress(text: String) throws {
        let authority = try TestAuthority()
        let request = CertificateRequest(commonName: "a", alternativeNames: [.ip(text)])
        let error = #expect(throws: CertificateError.self) { try authority.issue(request) }
        #expect(error?.message.contains("is not an IP address") == true)
    }

    private func extensions(of identity: Identity) throws -> String {
        let directory = try TemporaryDirectory()
        let file = try directory.write(identity.certificate.pem, to: "leaf.pem")
        return try run("openssl", "x509", "-in", file, "-noout", "-ext", "subjectAltName,basicConstraints").output
    }
}

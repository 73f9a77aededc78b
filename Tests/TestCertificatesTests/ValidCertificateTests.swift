internal import Testing

internal import TestCertificates

/// `openssl verify` in its strictest mode, which checks what RFC 5280 asks of a certificate's form too.
func verify(_ identity: Identity, trusting root: Certificate, _ options: [String] = []) throws -> Verdict {
    let directory = try TemporaryDirectory()
    let rootFile = try directory.write(root.pem, to: "root.pem")
    let chainFile = try directory.write(identity.chainPEM, to: "chain.pem")
    let leafFile = try directory.write(identity.certificate.pem, to: "leaf.pem")
    let arguments = ["verify", "-x509_strict", "-CAfile", rootFile, "-untrusted", chainFile] + options + [leafFile]
    return try run("openssl", arguments)
}

@Suite("Valid certificates")
struct ValidCertificateTests {
    static let keyKinds: [KeyKind] = [.p256, .p384, .rsa(bits: 2048), .ed25519]

    @Test("A strict verifier takes a server's certificate for every one of its hosts", arguments: keyKinds)
    func server(key: KeyKind) throws {
        let authority = try TestAuthority(key: key)
        let server = try authority.issue(.server(key: key))
        for name in [["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]] {
            let verdict = try verify(server, trusting: authority.certificate, ["-purpose", "sslserver"] + name)
            #expect(verdict.status == 0, "\(verdict.output)")
        }
    }

    @Test("A strict verifier takes a client's certificate", arguments: keyKinds)
    func client(key: KeyKind) throws {
        let authority = try TestAuthority()
        let client = try authority.issue(.client(key: key))
        let verdict = try verify(client, trusting: authority.certificate, ["-purpose", "sslclient"])
        #expect(verdict.status == 0, "\(verdict.output)")
    }

    @Test("One certificate can serve both purposes", arguments: ["sslserver", "sslclient"])
    func bothPurposes(purpose: String) throws {
        let authority = try TestAuthority()
        var request = CertificateRequest.server()
        request.purposes = [.server, .client]
        let verdict = try verify(authority.issue(request), trusting: authority.certificate, ["-purpose", purpose])
        #expect(verdict.status == 0, "\(verdict.output)")
    }

    @Test("A self-signed certificate that is trusted directly is valid", arguments: keyKinds)
    func selfSigned(key: KeyKind) throws {
        let identity = try Identity.selfSigned(.server(key: key))
        let options = ["-purpose", "sslserver", "-verify_hostname", "localhost"]
        let verdict = try verify(identity, trusting: identity.certificate, options)
        #expect(verdict.status == 0, "\(verdict.output)")
        #expect(identity.chain.count == 1)
    }

    @Test("A chain through several kinds of authorities is valid, leaf first and without the root")
    func chain() throws {
        let root = try TestAuthority(key: .p384)
        let middle = try root.intermediate(name: "middle", key: .rsa(bits: 2048))
        let bottom = try middle.intermediate(name: "bottom", key: .ed25519)
        let server = try bottom.issue(.server())
        #expect(server.chain == [server.certificate, bottom.certificate, middle.certificate])
        let verdict = try verify(server, trusting: root.certificate, ["-purpose", "sslserver"])
        #expect(verdict.status == 0, "\(verdict.output)")
    }

    @Test("A chain of sixty certificates is valid to a verifier that takes so many")
    func longChain() throws {
        let root = try TestAuthority()
        var authority = root
        for number in 1..<60 { authority = try authority.intermediate(name: "authority \(number)") }
        let server = try authority.issue(.server())
        #expect(server.chain.count == 60)
        let verdict = try verify(server, trusting: root.certificate, ["-verify_depth", "60"])
        #expect(verdict.status == 0, "\(verdict.output)")
        let shortOfOne = try verify(server, trusting: root.certificate, ["-verify_depth", "58"])
        #expect(shortOfOne.output.contains("error 22 "), "\(shortOfOne.output)")
    }

    @Test("The extensions are those of RFC 5280, critical where it says so")
    func extensions() throws {
        let directory = try TemporaryDirectory()
        let authority = try TestAuthority()
        let server = try authority.issue(.server(key: .rsa(bits: 2048)))
        let leaf = try directory.write(server.certificate.pem, to: "leaf.pem")
        let text = try run("openssl", "x509", "-in", leaf, "-noout", "-text").output
        for expected in [
            "Version: 3 (0x2)", "Basic Constraints: critical\n                CA:FALSE",
            "Key Usage: critical\n                Digital Signature, Key Encipherment\n",
            "Extended Key Usage: \n                TLS Web Server Authentication\n",
            "Subject Key Identifier", "Authority Key Identifier",
            "DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1\n",
        ] {
            #expect(text.contains(expected), "\(expected) in \(text)")
        }
        let root = try directory.write(authority.certificate.pem, to: "root.pem")
        let rootText = try run("openssl", "x509", "-in", root, "-noout", "-text").output
        #expect(rootText.contains("Basic Constraints: critical\n                CA:TRUE\n"))
        #expect(rootText.contains("Key Usage: critical\n                Certificate Sign, CRL Sign\n"))
    }

    @Test("A certificate that its subject does not name marks the alternative names critical")
    func emptySubject() throws {
        let authority = try TestAuthority()
        let server = try authority.issue(.server(commonName: ""))
        let verdict = try verify(server, trusting: authority.certificate, ["-verify_hostname", "localhost"])
        #expect(verdict.status == 0, "\(verdict.output)")
    }

    @Test("Serial numbers are positive, of 128 bits, and differ, whichever task asks")
    func serialNumbers() async throws {
        let authority = try TestAuthority()
        let directory = try TemporaryDirectory()
        let serials = try await withThrowingTaskGroup { group in
            for number in 0..<40 {
                group.addTask {
                    let client = try authority.issue(.client())
                    let file = try directory.write(client.certificate.pem, to: "\(number).pem")
                    return try run("openssl", "x509", "-in", file, "-noout", "-serial").output
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(serials.count == 40)
        #expect(serials.allSatisfy { $0.wholeMatch(of: /serial=[89A-F][0-9A-F]{31}\n/) != nil }, "\(serials)")
    }

    @Test("The fingerprint is the one that openssl prints")
    func fingerprint() throws {
        let directory = try TemporaryDirectory()
        let certificate = try TestAuthority().certificate
        let file = try directory.write(certificate.pem, to: "root.pem")
        let printed = try run("openssl", "x509", "-in", file, "-noout", "-fingerprint", "-sha256").output
        let digits = printed.split(separator: "=").last?.filter(\.isHexDigit).lowercased()
        let expected = certificate.fingerprint.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        #expect(digits == expected.joined())
    }
}

import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Whom a configuration trusts")
struct TrustTests {
    private func handshake(
        _ identity: Identity,
        trusting roots: TLSConfiguration.TrustRoots,
        host: String = "localhost"
    ) throws -> MemoryHandshake {
        try MemoryHandshake(
            client: TLSConfiguration(trustRoots: roots),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity)),
            host: host
        )
    }

    @Test("A certificate that signed itself works where it is trusted directly, on both sides")
    func selfSignedIsTrustedDirectly() throws {
        let server = try Identity.selfSigned(.server())
        let client = try Identity.selfSigned(.client())
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                certificate: .identity(client),
                privateKey: .identity(client),
                trustRoots: .pem(server.chainPEM)
            ),
            server: TLSConfiguration(
                certificate: .identity(server),
                privateKey: .identity(server),
                trustRoots: .pem(client.chainPEM)
            )
        )
        #expect(try handshake.client.get().isPeerVerified)
        #expect(try handshake.client.get().verifiedName == "localhost")
        #expect(try handshake.server.get().isPeerVerified)
    }

    @Test("A trusted certificate must still name the host")
    func trustedCertificateMustNameTheHost() throws {
        let server = try Identity.selfSigned(.server(hosts: ["db.example"]))
        let handshake = try handshake(server, trusting: .pem(server.chainPEM))
        #expect(handshake.client.error?.cause == .hostnameMismatch)
    }

    @Test("A certificate by an authority works where only it is trusted, and vouches for no other of that authority")
    func leafIsTrustedDirectly() throws {
        let authority = try TestAuthority()
        let trusted = try authority.issue(.server())
        let other = try authority.issue(.server())
        #expect(try handshake(trusted, trusting: .pem(trusted.chainPEM)).client.get().isPeerVerified)
        #expect(try handshake(other, trusting: .pem(trusted.chainPEM)).client.error?.cause == .unknownAuthority)
    }

    @Test("A trusted certificate that is no authority's cannot sign others", arguments: [true, false])
    func trustedLeafCannotSign(_ signedItself: Bool) throws {
        let leaf = try signedItself ? Identity.selfSigned(.server()) : TestAuthority().issue(.server())
        let forged = try TestAuthority(signingAs: leaf).issue(.server())
        let handshake = try handshake(forged, trusting: .pem(leaf.certificate.pem))
        #expect(handshake.client.error != nil)
        #expect(handshake.client.information == nil)
    }

    @Test("An intermediate authority that is trusted vouches for its own, and not for its siblings")
    func intermediateIsTrusted() throws {
        let root = try TestAuthority()
        let (left, right) = (try root.intermediate(name: "left"), try root.intermediate(name: "right"))
        let roots = TLSConfiguration.TrustRoots.pem(left.certificate.pem)
        #expect(try handshake(left.issue(.server()), trusting: roots).client.get().isPeerVerified)
        #expect(try handshake(right.issue(.server()), trusting: roots).client.error?.cause == .unknownAuthority)
    }

    @Test("Trust roots from several sources all count")
    func severalSources() throws {
        let (first, second) = (try TestAuthority(), try TestAuthority())
        let roots: TLSConfiguration.TrustRoots = [.pem(first.certificate.pem), .der(second.certificate.der)]
        #expect(try handshake(first.issue(.server()), trusting: roots).client.error == nil)
        #expect(try handshake(second.issue(.server()), trusting: roots).client.error == nil)
    }

    @Test("A server that names trust roots requires a client certificate; one that names none asks for none")
    func trustRootsMeanRequired() throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server())
        let roots = TLSConfiguration.TrustRoots.pem(authority.certificate.pem)
        func server(_ mode: TLSConfiguration.ClientCertificates, _ roots: TLSConfiguration.TrustRoots?)
            -> TLSConfiguration
        {
            TLSConfiguration(
                certificate: .identity(identity),
                privateKey: .identity(identity),
                trustRoots: roots,
                clientCertificates: mode
            )
        }
        let anonymous = TLSConfiguration(trustRoots: roots)
        #expect(
            try MemoryHandshake(client: anonymous, server: server(.automatic, roots)).server.error?.cause
                == .clientCertificateRequired
        )
        #expect(try MemoryHandshake(client: anonymous, server: server(.required, roots)).server.error != nil)
        #expect(try MemoryHandshake(client: anonymous, server: server(.none, roots)).server.error == nil)
        #expect(try MemoryHandshake(client: anonymous, server: server(.automatic, nil)).server.error == nil)
    }

    @Test("Verification that is off takes anybody, and says so")
    func verificationOff() throws {
        let identity = try Identity.selfSigned(.server(hosts: ["other"]))
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(verification: .dangerouslyNone),
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        )
        let information = try handshake.client.get()
        #expect(!information.isPeerVerified)
        #expect(information.verifiedName == nil)
        #expect("\(information)".contains("unverified peer 'CN=other'"))
        // The name is asked for all the same.
        #expect(try handshake.server.get().serverName == "localhost")
    }

    @Test(
        "The system's roots come from where its variables say, else from the first usual file, else from the directory"
    )
    func systemRoots() throws {
        let directory = try TemporaryDirectory()
        let authorities = try (0..<3).map { _ in try TestAuthority() }
        let one = try directory.write(authorities[0].certificate.pem, "one.pem")
        let two = try directory.write(authorities[1].certificate.pem + authorities[2].certificate.pem, "two.pem")
        _ = try directory.write("no certificate", "README")
        func count(_ trust: SystemTrust) throws -> Int { try trust.certificates(role: .client).count }
        let nowhere = directory.path + "/none"
        #expect(try count(SystemTrust(file: one, usualFiles: [two])) == 1)
        #expect(try count(SystemTrust(directory: directory.path, usualFiles: [one])) == 3)
        let listed = "/nowhere:\(directory.path):\(directory.path)"
        #expect(try count(SystemTrust(directory: listed, usualFiles: [one])) == 6)
        #expect(try count(SystemTrust(usualFiles: [nowhere, two], usualDirectory: directory.path)) == 2)
        #expect(try count(SystemTrust(usualFiles: [nowhere], usualDirectory: directory.path)) == 3)
        let missing = #expect(throws: TLSError.self) { try count(SystemTrust(file: nowhere, usualFiles: [one])) }
        #expect(missing?.cause == .fileUnreadable)
        for trust in [
            SystemTrust(directory: nowhere, usualFiles: [one]),
            SystemTrust(usualFiles: [nowhere], usualDirectory: nowhere),
        ] {
            let error = #expect(throws: TLSError.self) { try count(trust) }
            #expect(error?.cause == .noTrustRoots)
            #expect(error?.description.contains("ca-certificates") == true)
        }
    }

    @Test("All certificates in a directory are trusted, whatever its files are called, and what is none is passed over")
    func directory() throws {
        let directory = try TemporaryDirectory()
        let authorities = [try TestAuthority(), try TestAuthority()]
        _ = try directory.write(authorities[0].certificate.pem, "first")
        _ = try directory.write(authorities[1].certificate.der, "second.der")
        _ = try directory.write("no certificate", "README")
        for authority in authorities {
            let handshake = try handshake(authority.issue(.server()), trusting: .directory(directory.path))
            #expect(try handshake.client.get().isPeerVerified)
        }
        let other = try handshake(TestAuthority().issue(.server()), trusting: .directory(directory.path))
        #expect(other.client.error?.cause == .unknownAuthority)
    }

    @Test("A directory that does not exist is an error, and so is one without a certificate")
    func directoryWithoutCertificates() throws {
        func fault(_ path: String) -> TLSError? {
            #expect(throws: TLSError.self) {
                try TLSConfiguration(trustRoots: .directory(path)).validate(for: .client)
            }
        }
        #expect(fault("/nowhere")?.cause == .fileUnreadable)
        #expect(fault("/nowhere")?.message.contains("No such file") == true)
        #expect(fault("")?.cause == .fileUnreadable)
        let directory = try TemporaryDirectory()
        _ = try directory.write("no certificate", "README")
        #expect(fault(directory.path)?.cause == .noTrustRoots)
        #expect(fault(directory.path)?.message.contains("none of the 1 files") == true)
    }

    @Test("A directory's files are watched, and new ones are found")
    func directoryIsWatched() throws {
        let directory = try TemporaryDirectory()
        let first = try TestAuthority()
        _ = try directory.write(first.certificate.pem, "first.pem")
        let client = TLSConfiguration(trustRoots: .directory(directory.path))
        let before = client.fileSignatures
        #expect(before == client.fileSignatures)
        try client.validate(for: .client)
        let second = try TestAuthority()
        _ = try directory.write(second.certificate.pem, "second.pem")
        #expect(before != client.fileSignatures)
        #expect(try client.reload().changesTrust)
        let identity = try second.issue(.server())
        let handshake = try MemoryHandshake(
            client: client,
            server: TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        )
        #expect(try handshake.client.get().isPeerVerified)
    }
}

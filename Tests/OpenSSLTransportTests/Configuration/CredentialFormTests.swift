import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("The forms in which certificates and keys are taken")
struct CredentialFormTests {
    let directory: TemporaryDirectory
    let authority: TestAuthority
    let identity: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        self.authority = try TestAuthority()
        self.identity = try self.authority.intermediate().issue(.server())
    }

    /// A handshake with these shows that the server has the right key and sends its whole chain.
    private func check(
        _ certificate: TLSConfiguration.CertificateChain,
        _ key: TLSConfiguration.PrivateKey?,
        passphrase: String? = nil,
        trustRoots: TLSConfiguration.TrustRoots? = nil
    ) throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: trustRoots ?? .pem(self.authority.certificate.pem)),
            server: TLSConfiguration(certificate: certificate, privateKey: key, passphrase: passphrase)
        )
        let information = try handshake.client.get()
        #expect(information.peerCertificate?.sha256Fingerprint == self.identity.certificate.fingerprint)
        #expect(information.isPeerVerified)
    }

    @Test("String literals are paths, of PEM files")
    func literals() throws {
        // As in the documentation: it must compile.
        let configuration = TLSConfiguration(
            certificate: "certs/client.pem",
            privateKey: "certs/client.key",
            trustRoots: "certs/ca.pem"
        )
        #expect("\(configuration)".contains("certificate from 'certs/client.pem'"))
        try check(
            .file(directory.write(identity.chainPEM, "a.pem")),
            .file(directory.write(identity.privateKey.pem, "a.key")),
            trustRoots: .file(directory.write(authority.certificate.pem, "ca.pem"))
        )
    }

    @Test("Bytes in memory, PEM and DER")
    func memory() throws {
        try check(.pem(Array(identity.chainPEM.utf8)), .pem(Array(identity.privateKey.pem.utf8)))
        try check(
            .der(identity.chain.map(\.der)),
            .der(identity.privateKey.der),
            trustRoots: .der(authority.certificate.der)
        )
    }

    @Test("A file in DER is taken for what it is")
    func fileInDER() throws {
        let identity = try self.authority.issue(.server())
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .file(directory.write(authority.certificate.der, "ca.der"))),
            server: TLSConfiguration(
                certificate: .file(directory.write(identity.certificate.der, "a.der")),
                privateKey: .file(directory.write(identity.privateKey.der, "a.key"))
            )
        )
        #expect(try handshake.client.get().isPeerVerified)
    }

    @Test("Certificate and key in one file, in either order")
    func oneFile() throws {
        try check(.file(directory.write(identity.privateKey.pem + identity.chainPEM, "a.pem")), nil)
        try check(.file(directory.write(identity.chainPEM + identity.privateKey.pem, "b.pem")), nil)
    }

    @Test("Keys that a passphrase opens, new and old, PEM and DER")
    func encryptedKeys() throws {
        let key = identity.privateKey
        let passphrase = "pässphräse \u{1F511} of words"
        try check(.identity(identity), .pem(key.encryptedPEM(passphrase: passphrase)), passphrase: passphrase)
        try check(.identity(identity), .pem(key.traditionalPEM(passphrase: passphrase)), passphrase: passphrase)
        let longest = String(repeating: "x", count: 1023)
        try check(.identity(identity), .pem(key.encryptedPEM(passphrase: longest)), passphrase: longest)
        let plain = try directory.write(key.pem, "plain.key")
        let der = try openssl("pkcs8", "-topk8", "-in", plain, "-outform", "DER", "-passout", "pass:secret")
        try check(.identity(identity), .der(der), passphrase: "secret")
        // One that is not needed does no harm.
        try check(.identity(identity), .pem(key.pem), passphrase: "unused")
    }

    @Test("A wrong passphrase is a wrong passphrase, also the one of 256 whose padding happens to be right")
    func unluckyPassphrases() throws {
        let plain = try directory.write(identity.privateKey.pem, "plain.key")
        let options = ["pkcs8", "-topk8", "-in", plain, "-iter", "1", "-passout", "pass:secret"]
        let key = try openssl(options)
        for number in 0..<2000 {
            let reader = CredentialReader(
                kind: .privateKey,
                source: .pem(key),
                role: .server,
                passphrase: "wrong \(number)"
            )
            let error = try #require(throws: TLSError.self) { try reader.privateKey(of: []) }
            try #require(error.cause == .passphraseWrong, "\(number): \(error)")
        }
    }

    @Test(
        "Keys of openssl's own making",
        arguments: [
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            ["ecparam", "-name", "prime256v1", "-genkey"],
            ["genrsa", "-traditional", "2048"], ["genpkey", "-algorithm", "ED25519"],
        ]
    )
    func keysByOpenSSL(_ arguments: [String]) throws {
        let key = try directory.write(openssl(arguments), "a.key")
        let certificate = try openssl(
            "req",
            "-x509",
            "-new",
            "-key",
            key,
            "-subj",
            "/CN=a",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-days",
            "2"
        )
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(certificate)),
            server: TLSConfiguration(certificate: .pem(certificate), privateKey: .file(key))
        )
        #expect(try handshake.client.get().isPeerVerified)
    }

    @Test("Text around the blocks, Windows's line ends and its byte order mark do no harm")
    func textAround() throws {
        let blocks = identity.chain.map(\.pem)
        try check(
            .pem("subject=CN=a\n\n" + blocks[0] + "\n# Főtanúsítvány\n" + blocks[1] + "\n\n"),
            .identity(identity)
        )
        let windows = "\u{FEFF}" + identity.chainPEM.replacing("\n", with: "\r\n")
        try check(.pem(windows), .pem(identity.privateKey.pem.replacing("\n", with: "\r\n")))
        try check(.pem(identity.chainPEM + "no line end"), .identity(identity))
    }

    @Test("A chain cut off anywhere is an error or whole certificates, never less than it says")
    func cutOffChain() throws {
        let text = Array(identity.chainPEM.utf8)
        let blockEnds = Set(identity.chain.indices.map { identity.chain[...$0].map(\.pem).joined().utf8.count })
        for count in 1..<text.count {
            let reader = CredentialReader(kind: .certificate, source: .pem(Array(text.prefix(count))), role: .server)
            // A cut may take the last line's end, or fall before the next block.
            let whole = blockEnds.filter { $0 - 1 <= count }.count
            let rest = text.prefix(count).dropFirst(blockEnds.filter { $0 <= count }.max() ?? 0)
            if whole > 0, rest.count < "-----BEGIN CERTIFICATE-----".utf8.count || blockEnds.contains(count + 1) {
                #expect(try reader.certificates().count == whole, "after \(count) bytes")
            } else {
                #expect(throws: TLSError.self, "after \(count) bytes") { try reader.certificates() }
            }
        }
    }

    @Test("A root at the end of the chain is not sent")
    func rootIsNotSent() throws {
        let withRoot = self.identity.chainPEM + self.authority.certificate.pem
        // A client that trusts another authority finds no issuer (20), not an unknown root in the chain (19).
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(TestAuthority().certificate.pem)),
            server: TLSConfiguration(certificate: .pem(withRoot), privateKey: .identity(self.identity))
        )
        let error = try #require(handshake.client.error)
        #expect(error.verification == TLSError.Verification(code: 20, depth: 1), "\(error)")
    }

    @Test("Nothing secret is printed of a configuration, neither as text nor as a dump")
    func configurationHidesSecrets() throws {
        let configuration = TLSConfiguration(
            certificate: .identity(self.identity),
            privateKey: .identity(self.identity),
            passphrase: "s3cret",
            trustRoots: [.system, .pem(self.authority.certificate.pem)]
        )
        var text = "\(configuration) \(String(reflecting: configuration)) "
        dump(configuration, to: &text)
        dump(TLSConfiguration.PrivateKey.identity(self.identity), to: &text)
        #expect(!text.contains("s3cret"))
        #expect(!text.contains("48, ") && !text.contains("BEGIN"))
        #expect(text.contains("private key from PEM text in memory"))
    }

    @Test("A file is read up to its limit, also when its size says nothing of its length")
    func fileLimit() throws {
        let path = try self.directory.write(Array(repeating: UInt8(ascii: "a"), count: 100_000), "large")
        let file = CredentialFile(path: path)
        #expect(try file.read(limit: 100_000).bytes.count == 100_000)
        #expect(throws: CredentialFile.Fault.tooLarge(limit: 99_999)) { try file.read(limit: 99_999) }
        #if os(Linux)
            // The kernel's files have the size 0 whatever is in them.
            let kernel = CredentialFile(path: "/proc/self/maps")
            #expect(try kernel.read(limit: 16 * 1_048_576).bytes.count > 4096)
            #expect(throws: CredentialFile.Fault.tooLarge(limit: 2000)) { try kernel.read(limit: 2000) }
        #endif
    }

    @Test("A bundle of trust roots may be large, up to 16 MiB")
    func bundleLimit() throws {
        let padding = String(repeating: String(repeating: "#", count: 1023) + "\n", count: 2048)
        let large = try self.directory.write(padding + self.authority.certificate.pem, "bundle.pem")
        try TLSConfiguration(trustRoots: .file(large)).validate(for: .client)
        let tooLarge = try self.directory.write(String(repeating: padding, count: 8) + "#", "huge.pem")
        let error = #expect(throws: TLSError.self) {
            try TLSConfiguration(trustRoots: .file(tooLarge)).validate(for: .client)
        }
        #expect(error?.message.contains("is larger than 16 MiB") == true)
    }
}

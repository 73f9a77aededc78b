import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Certificate and key from PKCS#12, as the command openssl writes it")
struct PKCS12Tests {
    let directory: TemporaryDirectory
    let authority: TestAuthority
    let identity: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        self.authority = try TestAuthority()
        self.identity = try self.authority.intermediate().issue(.server())
    }

    private func bundle(_ options: String..., passphrase: String = "s3cret", pem: String? = nil) throws -> [UInt8] {
        let content = pem ?? self.identity.privateKey.pem + self.identity.chainPEM
        let file = try self.directory.write(content, "in.pem")
        return try openssl(["pkcs12", "-export", "-in", file, "-passout", "pass:\(passphrase)"] + options)
    }

    private func check(_ server: TLSConfiguration) throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(self.authority.certificate.pem)),
            server: server
        )
        let information = try handshake.client.get()
        #expect(information.peerCertificate?.sha256Fingerprint == self.identity.certificate.fingerprint)
        #expect(information.isPeerVerified)
    }

    private func fault(
        certificate: TLSConfiguration.CertificateChain,
        privateKey: TLSConfiguration.PrivateKey? = nil,
        passphrase: String? = "s3cret"
    ) throws -> TLSError {
        let configuration = TLSConfiguration(
            certificate: certificate,
            privateKey: privateKey,
            passphrase: passphrase
        )
        return try #require(throws: TLSError.self) { try configuration.validate(for: .server) }
    }

    @Test("A file is known by its content, and gives certificate, key and intermediate certificates")
    func file() throws {
        let path = try self.directory.write(self.bundle(), "server.pem")
        try self.check(TLSConfiguration(certificate: .file(path), passphrase: "s3cret"))
    }

    @Test("Bytes in memory, and a passphrase that is not ASCII")
    func memory() throws {
        let passphrase = "pässphräse \u{1F511}"
        let bundle = try self.bundle(passphrase: passphrase)
        try self.check(TLSConfiguration(certificate: .pkcs12(bundle), passphrase: passphrase))
    }

    @Test("The chain is put in order, and what is no part of it is not sent")
    func order() throws {
        let stranger = try TestAuthority().certificate
        let others = [stranger.pem, self.authority.certificate.pem, self.identity.chain[1].pem].joined()
        let pem = self.identity.privateKey.pem + self.identity.certificate.pem + others
        let bundle = try self.bundle(pem: pem)
        let server = TLSConfiguration(certificate: .pkcs12(bundle), passphrase: "s3cret")
        try self.check(server)
        let context = try server.context(for: .server)
        let sent = ContextMaterial(context).own
        #expect(sent == self.identity.chain.map(\.fingerprint))
    }

    @Test("No passphrase and an empty one open what either opens", arguments: [nil, ""])
    func emptyPassphrase(_ passphrase: String?) throws {
        try self.check(TLSConfiguration(certificate: .pkcs12(self.bundle(passphrase: "")), passphrase: passphrase))
        try self.check(TLSConfiguration(certificate: .pkcs12(self.withoutPassphrase()), passphrase: passphrase))
    }

    /// A PFX made with no passphrase at all, which is not the empty one.
    private func withoutPassphrase() throws -> [UInt8] {
        let key = try #require(self.identity.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
        let own = try #require(self.identity.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let issuer = try #require(self.identity.chain[1].der.withUnsafeBytes { X509Certificate(der: $0) })
        let others = try #require(OPENSSL_sk_new_null())
        defer { OPENSSL_sk_free(others) }
        OPENSSL_sk_push(others, UnsafeRawPointer(issuer.pointer))
        let pfx = try #require(PKCS12_create(nil, nil, key.pointer, own.pointer, others, -1, -1, 0, 0, 0))
        defer { PKCS12_free(pfx) }
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_PKCS12(pfx, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: Int(count)))
    }

    @Test("A private key that is named wins over the one inside")
    func explicitKey() throws {
        let other = try PrivateKey()
        let file = try self.directory.write(self.bundle(), "server.p12")
        try self.check(
            TLSConfiguration(certificate: .file(file), privateKey: .identity(self.identity), passphrase: "s3cret")
        )
        let error = try self.fault(certificate: .file(file), privateKey: .pem(other.pem))
        #expect(error.cause == .keyMismatch, "\(error)")
    }

    @Test("The key alone can come from PKCS#12, and so can trust roots")
    func otherUses() throws {
        let file = try self.directory.write(self.bundle(), "server.p12")
        try self.check(
            TLSConfiguration(certificate: .identity(self.identity), privateKey: .file(file), passphrase: "s3cret")
        )
        let roots = try self.bundle("-nokeys", pem: self.authority.certificate.pem)
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(passphrase: "s3cret", trustRoots: .pkcs12(roots)),
            server: TLSConfiguration(certificate: .file(file), passphrase: "s3cret")
        )
        #expect(try handshake.client.get().isPeerVerified)
    }

    @Test("No passphrase, a wrong one, and one that goes on after a NUL are told apart")
    func passphrases() throws {
        let file = try self.directory.write(self.bundle(), "server.p12")
        let missing = try self.fault(certificate: .file(file), passphrase: nil)
        #expect(missing.cause == .passphraseMissing)
        #expect(missing.message == "the certificate file '\(file)' is encrypted, and no passphrase is given")
        for passphrase in ["", "wr0ng", "s3cret\0more"] {
            let wrong = try self.fault(certificate: .file(file), passphrase: passphrase)
            #expect(wrong.cause == .passphraseWrong, "\(wrong)")
            #expect(!"\(wrong)".contains("wr0ng"))
        }
    }

    @Test("Without a certificate, or without a key, that is said")
    func incomplete() throws {
        let onlyKey = try self.bundle("-nocerts", "-inkey", self.directory.write(self.identity.privateKey.pem, "a.key"))
        let noCertificate = try self.fault(certificate: .pkcs12(onlyKey))
        #expect(noCertificate.cause == .wrongFileKind)
        #expect(noCertificate.message.contains("PKCS#12 with no certificate in it"))
        let onlyCertificates = try self.bundle("-nokeys")
        let noKey = try self.fault(certificate: .pkcs12(onlyCertificates))
        #expect(noKey.cause == .privateKeyMissing)
        #expect(noKey.message.contains("comes without a private key"))
        let neither = try self.fault(certificate: .identity(self.identity), privateKey: .pkcs12(onlyCertificates))
        #expect(neither.cause == .privateKeyMissing)
        #expect(neither.message == "the private key (PKCS#12 in memory) is PKCS#12 with no private key in it")
    }

    @Test("Damage anywhere is an error that says so or doubts the passphrase, never a chain cut short")
    func damage() throws {
        let bundle = try self.bundle()
        for count in stride(from: 12, to: bundle.count, by: 97) {
            let error = try self.fault(certificate: .pkcs12(Array(bundle.prefix(count))))
            #expect(error.cause == .wrongFileKind, "\(error)")
            #expect(error.message.contains("is damaged: OpenSSL cannot decode the PKCS#12"))
        }
        for index in stride(from: 20, to: bundle.count - 1, by: 61) {
            var changed = bundle
            changed[index] ^= 0x40
            let error = try self.fault(certificate: .pkcs12(changed))
            #expect([.wrongFileKind, .passphraseWrong].contains(error.cause), "at \(index): \(error)")
        }
        let file = try self.directory.write(bundle.prefix(500), "cut.p12")
        #expect(try self.fault(certificate: .file(file)).message.contains("is damaged"))
    }

    @Test("What is no PKCS#12 is not taken for it, and a file beyond the limit is not read")
    func limits() throws {
        #expect(try self.fault(certificate: .pkcs12([])).message.contains("is damaged"))
        let der = try self.fault(certificate: .pkcs12(self.identity.certificate.der))
        #expect(der.message.contains("cannot decode the PKCS#12"))
        let large = try self.bundle() + Array(repeating: 0, count: 1_048_576)
        let file = try self.directory.write(large, "large.p12")
        #expect(try self.fault(certificate: .file(file)).message.contains("is larger than 1 MiB"))
        #expect(try self.fault(certificate: .pkcs12(large)).message.contains("is larger than 1 MiB"))
        let asDER = try self.fault(certificate: .der(self.bundle()), privateKey: .identity(self.identity))
        #expect(asDER.message.contains("holds PKCS#12, no certificate"), "\(asDER)")
        #expect(asDER.hint.contains(".pkcs12("))
    }

    @Test(
        "RC2 of before OpenSSL 3 needs the provider legacy: the error names it and the command that helps, and both do"
    )
    func legacy() throws {
        let file = try self.directory.write(self.bundle("-legacy"), "old.p12")
        let error = try self.fault(certificate: .file(file))
        #expect(error.cause == .wrongFileKind)
        #expect(error.message.contains("RC2") && error.message.contains("the provider legacy"), "\(error)")

        let command = try #require(error.hint.firstMatch(of: /openssl (.* NEWFILE)\./)?.output.1)
        let new = self.directory.path + "/new.pem"
        let words = command.replacing("NEWFILE", with: new).replacing("FILE", with: file).split(separator: " ")
        _ = try openssl(words.map(String.init) + ["-passin", "pass:s3cret", "-passout", "pass:n3w"])
        try self.check(TLSConfiguration(certificate: .file(new), passphrase: "n3w"))

        let withProvider = TLSConfiguration(
            certificate: .file(file),
            passphrase: "s3cret",
            providers: ["default", "legacy"]
        )
        try self.check(withProvider)
    }
}

import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Certificates and keys from the URIs of stores")
struct StoreTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority
    private let identity: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        self.authority = try TestAuthority()
        self.identity = try self.authority.intermediate().issue(.server())
    }

    private func uri(_ text: String, _ name: String) throws -> String {
        "file:" + (try self.directory.write(text, name))
    }

    private func check(_ server: TLSConfiguration, trustRoots: TLSConfiguration.TrustRoots? = nil) throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: trustRoots ?? .pem(self.authority.certificate.pem)),
            server: server
        )
        let information = try handshake.client.get()
        #expect(information.peerCertificate?.sha256Fingerprint == self.identity.certificate.fingerprint)
        #expect(information.isPeerVerified)
    }

    private func fault(
        certificate: String? = nil,
        privateKey: String? = nil,
        passphrase: String? = nil,
        providers: TLSConfiguration.Providers? = nil
    ) throws -> TLSError {
        let configuration = TLSConfiguration(
            certificate: certificate.map { .store($0) } ?? .identity(self.identity),
            privateKey: privateKey.map { .store($0) } ?? .identity(self.identity),
            passphrase: passphrase,
            providers: providers
        )
        return try #require(throws: TLSError.self) { try configuration.validate(for: .server) }
    }

    @Test("Certificate, key and trust roots by URI; the chain is put in order")
    func handshake() throws {
        let chain = self.identity.chain.reversed().map(\.pem).joined()
        let roots = try self.uri(self.authority.certificate.pem, "ca.pem")
        let server = TLSConfiguration(
            certificate: .store(try self.uri(chain, "a.pem")),
            privateKey: .store(try self.uri(self.identity.privateKey.pem, "a.key"))
        )
        try self.check(server, trustRoots: .store(roots))
        let sent = try ContextMaterial(server.context(for: .server)).own
        #expect(sent == self.identity.chain.map(\.fingerprint))
    }

    @Test("The key is found beside its certificate, also in PKCS#12, which the passphrase opens")
    func oneStore() throws {
        let both = try self.uri(self.identity.privateKey.pem + self.identity.chainPEM, "both.pem")
        try self.check(TLSConfiguration(certificate: .store(both)))
        let path = String(both.dropFirst("file:".count))
        let bundle = try openssl("pkcs12", "-export", "-in", path, "-passout", "pass:s3cret")
        let file = try self.directory.write(bundle, "a.p12")
        try self.check(TLSConfiguration(certificate: .store("file:\(file)"), passphrase: "s3cret"))
        #expect(
            try self.fault(certificate: "file:\(file)", privateKey: "file:\(file)").cause == .passphraseMissing
        )
    }

    @Test("An encrypted key: the passphrase answers, and nothing prompts")
    func encrypted() throws {
        let key = try self.uri(self.identity.privateKey.encryptedPEM(passphrase: "s3cret"), "a.key")
        try self.check(
            TLSConfiguration(certificate: .identity(self.identity), privateKey: .store(key), passphrase: "s3cret")
        )
        let missing = try self.fault(privateKey: key)
        #expect(missing.cause == .passphraseMissing, "\(missing)")
        #expect(
            missing.message == "the private key (the store '\(key)') asks for a PIN or a passphrase, and none is given"
        )
        let wrong = try self.fault(privateKey: key, passphrase: "wr0ng")
        #expect(wrong.cause == .passphraseWrong, "\(wrong)")
        #expect(!"\(wrong)".contains("wr0ng"))
    }

    @Test("What is there instead is named, and so is that nothing is there")
    func wrongContent() throws {
        let certificate = try self.uri(self.identity.chainPEM, "a.pem")
        let onlyCertificate = try self.fault(privateKey: certificate)
        #expect(onlyCertificate.cause == .wrongFileKind)
        #expect(onlyCertificate.message.hasSuffix("has a certificate, and no private key"), "\(onlyCertificate)")
        let key = try self.uri(self.identity.privateKey.pem, "a.key")
        let onlyKey = try self.fault(certificate: key)
        #expect(onlyKey.message.hasSuffix("has a private key, and no certificate"), "\(onlyKey)")
        let noFile = try self.fault(certificate: "file:/nowhere/a.pem")
        #expect(noFile.cause == .fileUnreadable)
        #expect(noFile.message.contains("the store 'file:/nowhere/a.pem') cannot be opened: No such file"), "\(noFile)")
        let pipe = self.directory.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let oddPipe = "x:pipe"  // OpenSSL looks for a file of that name, too
        #expect(mkfifo(oddPipe, 0o600) == 0)
        defer { unlink(oddPipe) }
        for uri in ["file:\(pipe)", pipe, oddPipe] {
            let waits = try self.fault(certificate: uri)
            #expect(waits.cause == .fileUnreadable)
            #expect(waits.message.hasSuffix("is no regular file"), "\(waits)")
        }
        let text = try self.fault(privateKey: self.uri("hello\n", "hello.txt"))
        #expect(text.cause == .privateKeyMissing, "\(text)")
        let broken = self.authority.certificate.pem.replacing("M", with: "!")
        let damaged = try self.fault(certificate: self.uri(self.identity.chainPEM + broken, "broken.pem"))
        #expect(damaged.message.contains("has something in it that cannot be read"), "\(damaged)")
        let two = try self.fault(
            privateKey: self.uri(PrivateKey().pem + PrivateKey().pem, "two.key")
        )
        #expect(two.cause == .wrongFileKind)
        #expect(two.message.hasSuffix("has 2 private keys, none of them the certificate's"), "\(two)")
        let roots = TLSConfiguration(trustRoots: .store(key))
        let error = try #require(throws: TLSError.self) { try roots.validate(for: .client) }
        #expect(error.message.contains("has a private key, and no certificate"))
        #expect(try self.fault(certificate: "").cause == .invalidConfiguration)
        #expect(try self.fault(certificate: "file:/a\0b").cause == .invalidConfiguration)
    }

    @Test("A key of another certificate is told like any other")
    func mismatch() throws {
        let error = try self.fault(privateKey: self.uri(PrivateKey().pem, "other.key"))
        #expect(error.cause == .keyMismatch)
    }

    @Test("Without a provider for the scheme, its name is told and how to load it", arguments: [nil, ["default"]])
    func noProvider(_ providers: TLSConfiguration.Providers?) throws {
        let error = try self.fault(privateKey: "pkcs11:token=a;object=b", providers: providers)
        #expect(error.cause == .invalidConfiguration)
        #expect(error.message.contains("no provider for the scheme 'pkcs11' is loaded"), "\(error)")
        #expect(
            error.hint.contains("pkcs11-provider")
                && error.hint.contains("providers: .init([\"default\", \"pkcs11\"], configurationFile: …)")
        )
        let other = try self.fault(privateKey: "handle:0x81000001", providers: providers)
        #expect(other.message.contains("no provider for the scheme 'handle' is loaded"), "\(other)")
    }

    @Test(
        "No PIN, and no place of one, is printed of a URI",
        arguments: [
            "pkcs11:token=a;object=b?pin-value=s3cret", "pkcs11:object=b;pin-value=s3cret;type=private",
            "pkcs11:object=b?module-name=x&PIN-VALUE=s3cret", "pkcs11:pin-source=s3cret", "PKCS11:pin%2Dvalue=s3cret",
            "pkcs11:object=b?pin-source=file:/s3cret", "vault://user:s3cret@host/key", "vault:key;password=s3cret",
            "file:/nowhere/a.pem?pin-value=s3cret", "nowhere/a;pin-value=s3cret", "pkcs11:object=b&pin-value=s3cret",
            "pkcs11:object=b;pin-value=a?b=c;pin-value=s3cret", "//user:s3cret@host/a",
        ]
    )
    func secrets(_ uri: String) throws {
        let configuration = TLSConfiguration(
            certificate: .store(uri),
            privateKey: .store(uri),
            trustRoots: [.store(uri), .pem(self.authority.certificate.pem)]
        )
        var text = "\(configuration) \(String(reflecting: configuration)) "
        dump(configuration, to: &text)
        dump(TLSConfiguration.PrivateKey.store(uri), to: &text)
        dump(StoreURI(uri), to: &text)
        dump(CredentialSource.store(StoreURI(uri)), to: &text)
        for (role, part) in [(TLSRole.server, "certificate"), (.client, "certificate")] {
            let error = try #require(throws: TLSError.self) { try configuration.validate(for: role) }
            #expect(error.message.contains(part))
            text += "\(error) \(error.message) \(error.hint) \(String(reflecting: error)) \(error.openSSLErrors)"
            dump(error, to: &text)
        }
        let onlyKey = TLSConfiguration(certificate: .identity(self.identity), privateKey: .store(uri))
        text += "\(try #require(throws: TLSError.self) { try onlyKey.validate(for: .server) })"
        let onlyRoots = TLSConfiguration(trustRoots: .store(uri))
        text += "\(try #require(throws: TLSError.self) { try onlyRoots.validate(for: .client) })"
        #expect(!text.contains("s3cret"), "\(text)")
    }

    @Test(
        "What is not secret of a URI is printed",
        arguments: [
            "pkcs11:token=my%20token;object=pinned;type=private", "file:/etc/spinning%20pins/a.pem",
            "handle:0x81000001",
            "vault://host/key", "a.pem",
        ]
    )
    func shown(_ uri: String) {
        #expect("\(StoreURI(uri))" == uri)
    }

    @Test("A reload reads the store again; files in it are watched")
    func reload() throws {
        let certificate = try self.uri(self.identity.chainPEM, "a.pem")
        let key = try self.uri(self.identity.privateKey.pem, "a.key")
        let configuration = TLSConfiguration(certificate: .store(certificate), privateKey: .store(key))
        try configuration.validate(for: .server)
        #expect(try configuration.reload().isChange == false)
        let before = configuration.fileSignatures
        #expect(before.keys.sorted() == [certificate, key].map { String($0.dropFirst("file:".count)) }.sorted())
        let other = try self.authority.issue(.server())
        _ = try self.uri(other.chainPEM, "a.pem")
        #expect(configuration.fileSignatures != before)
        #expect(throws: TLSError.self) { try configuration.reload() }
        _ = try self.uri(other.privateKey.pem, "a.key")
        let reload = try configuration.reload()
        #expect(reload.changesCertificate)
        #expect(reload.certificateFingerprint == other.certificate.fingerprint)
    }

    @Test("Whether a handshake may wait for a store is known of its key")
    func mayBlock() throws {
        let (chain, key) = (self.identity.chainPEM, self.identity.privateKey.pem)
        let file = TLSConfiguration(certificate: .pem(chain), privateKey: .store(try self.uri(key, "a.key")))
        #expect(try file.context(for: .server).handshakeMayBlock == false)
        let token = TLSConfiguration(certificate: .pem(chain), privateKey: .store("pkcs11:object=a"))
        #expect(token.settings.keyIsInStore)
        #expect(TLSConfiguration(certificate: .store("pkcs11:token=a")).settings.keyIsInStore)
        let both = TLSConfiguration(certificate: .store("pkcs11:token=a"), privateKey: .pem(key))
        #expect(!both.settings.keyIsInStore)
    }
}

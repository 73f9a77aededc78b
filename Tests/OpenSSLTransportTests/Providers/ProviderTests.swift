import COpenSSL
import Foundation
import NIOPosix
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Providers in a library context of their own")
struct ProviderTests {
    private let directory: TemporaryDirectory
    private let issuer: Identity
    private let client: Identity
    private let server: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        let request = CertificateRequest(commonName: "authority", validity: .days(2), isAuthority: true)
        self.issuer = try .selfSigned(request)
        let authority = TestAuthority(signingAs: self.issuer)
        self.client = try authority.issue(.client())
        self.server = try authority.issue(.server())
    }

    private func configuration(
        _ identity: Identity,
        _ providers: TLSConfiguration.Providers?,
        passphrase: String? = nil,
        privateKey: TLSConfiguration.PrivateKey? = nil,
        revocationLists: TLSConfiguration.RevocationLists? = nil,
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(identity),
            privateKey: privateKey ?? .identity(identity),
            passphrase: passphrase,
            trustRoots: .pem(self.issuer.certificate.pem),
            revocationLists: revocationLists,
            resumption: resumption,
            providers: providers
        )
    }

    private func fault(_ providers: TLSConfiguration.Providers, role: TLSRole = .client) throws -> TLSError {
        let configuration = self.configuration(self.client, providers)
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: role) }
        #expect(error.phase == .configuration)
        return error
    }

    @Test("Mutual TLS, with certificates, keys and revocation lists decoded there")
    func handshake() throws {
        let providers = TLSConfiguration.Providers(["default"], properties: "provider=default")
        let list = try RevocationList(by: self.issuer)
        let key = try self.client.privateKey.encryptedPEM(passphrase: "s3cret")
        let handshake = try MemoryHandshake(
            client: self.configuration(self.client, providers, passphrase: "s3cret", privateKey: .pem(key)),
            server: self.configuration(self.server, providers, revocationLists: .der([list.der]))
        )
        #expect(try handshake.client.get().isPeerVerified)
        let information = try handshake.server.get()
        #expect(information.isPeerVerified)
        let peer = try #require(information.peerCertificate)
        let inDefault = try #require(
            self.client.certificate.der.withUnsafeBytes { X509Certificate(der: $0) }
        )
        #expect(peer.sha256PublicKey == TLSPeerCertificate(inDefault.pointer, in: nil).sha256PublicKey)
        #expect(peer.sha256Fingerprint == self.client.certificate.fingerprint)
    }

    @Test("Keys and certificates in all forms belong to its providers, not to the process's")
    func decoding() throws {
        let library = try #require(try LibraryContexts.ofProcess.context(for: ["default"], role: .client))
        let provider = try #require(OSSL_PROVIDER_load(library.pointer, "default"))
        defer { OSSL_PROVIDER_unload(provider) }
        func expectInside(_ key: KeyHandle?) throws {
            #expect(EVP_PKEY_get0_provider(try #require(key).pointer) == provider)
        }
        func expectInside(_ certificate: X509Certificate?) throws {
            let certificate = try #require(certificate)
            let key = try #require(X509_get0_pubkey(certificate.pointer))
            #expect(EVP_PKEY_get0_provider(key) == provider)
        }
        let key = self.client.privateKey
        try expectInside(key.der.withUnsafeBytes { KeyHandle(der: $0, in: library) })
        for text in [key.pem, try key.encryptedPEM(passphrase: "a"), try key.traditionalPEM(passphrase: "a")] {
            try expectInside(Array(text.utf8).withUnsafeBytes { KeyHandle(pem: $0, passphrase: "a", in: library) })
        }
        let file = try self.directory.write(key.pem, "plain.key")
        let der = try openssl("pkcs8", "-topk8", "-in", file, "-outform", "DER", "-passout", "pass:a")
        try expectInside(der.withUnsafeBytes { KeyHandle(encryptedDER: $0, passphrase: "a", in: library) })
        try expectInside(self.client.certificate.der.withUnsafeBytes { X509Certificate(der: $0, in: library) })
        let pem = Array(self.client.certificate.pem.utf8)
        try expectInside(pem.withUnsafeBytes { X509Certificate(pem: $0, in: library) })
        let both = try self.directory.write(key.pem + self.client.certificate.pem, "both.pem")
        let pfx = try openssl("pkcs12", "-export", "-in", both, "-passout", "pass:a")
        let bundle = try pfx.withUnsafeBytes { try PKCS12Bundle($0, passphrase: "a", in: library) }
        try expectInside(bundle.key)
        try expectInside(bundle.certificates.first)
        func reader(_ kind: CredentialKind) -> CredentialReader {
            CredentialReader(kind: kind, source: .store(StoreURI("file:\(both)")), role: .client, library: library)
        }
        try expectInside(reader(.privateKey).privateKey(of: []))
        try expectInside(reader(.certificate).certificates().first)
        let cipher = try #require(TicketCipher(in: library))
        #expect(EVP_CIPHER_get0_provider(cipher.pointer) == provider)
    }

    @Test("Fingerprints are computed there: where nothing is offered for that, there are none")
    func fingerprints() throws {
        // Like no other test's, since it is spoilt afterwards.
        let providers = TLSConfiguration.Providers(["default"], properties: "?provider=spoilt")
        let library = try #require(try LibraryContexts.ofProcess.context(for: providers, role: .client))
        let der = self.client.certificate.der
        let certificate = try #require(der.withUnsafeBytes { X509Certificate(der: $0, in: library) })
        let key = try #require(X509_get0_pubkey(certificate.pointer))
        try #require(EVP_set_default_properties(library.pointer, "provider=nobody") == 1)
        #expect(X509Text.sha256Fingerprint(certificate.pointer) == [])
        #expect(X509Text.sha256OfPublicKey(key, in: library) == [])
        #expect(TicketCipher(in: library) == nil)
        ERR_clear_error()
    }

    @Test("Sessions are resumed by tickets that are sealed there")
    func resumption() throws {
        let providers = TLSConfiguration.Providers(["default"], properties: "?provider=default")
        let client = self.configuration(self.client, providers, resumption: .tickets())
        let server = self.configuration(self.server, providers, resumption: .tickets())
        let first = try MemoryHandshake(client: client, server: server)
        #expect(try first.client.get().isResumed == false)
        let second = try MemoryHandshake(client: client, server: server)
        #expect(try second.client.get().isResumed)
        #expect(try second.server.get().peerCertificate?.subject.isEmpty == false)
    }

    @Test("One library context serves equal providers, before a reload and after it")
    func shared() throws {
        // Like no other test's.
        let providers = TLSConfiguration.Providers(["default", "base"], properties: "?provider=shared")
        let client = self.configuration(self.client, providers)
        let server = self.configuration(self.server, providers)
        let former = try client.context(for: .client)
        let library = try #require(former.library)
        #expect(try server.context(for: .server).library === library)
        try client.replace(trustRoots: [.pem(self.issuer.certificate.pem), .system])
        #expect(try client.context(for: .client) !== former)
        #expect(try client.context(for: .client).library === library)
        let others = TLSConfiguration.Providers(["default", "base"], properties: "?provider=others")
        #expect(try self.configuration(self.client, others).context(for: .client).library !== library)
    }

    /// OpenSSL has each thread that drew random numbers in a library context refer to it until the thread ends: a context
    /// that was freed before made the process crash then, or when it exited.
    @Test("A library context is kept when nobody uses it any more, and a thread that has used it may end then")
    func kept() async throws {
        let providers = TLSConfiguration.Providers(["default", "base"], properties: "?provider=kept")
        weak var library: LibraryContext?
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        do {
            let client = self.configuration(self.client, providers)
            let server = self.configuration(self.server, providers)
            library = try client.context(for: .client).library
            let isVerified = try await threads.runIfActive {
                try MemoryHandshake(client: client, server: server).client.get().isPeerVerified
            }
            #expect(isVerified)
        }
        #expect(library != nil)
        try await threads.shutdownGracefully()
        #expect(try self.configuration(self.client, providers).context(for: .client).library === library)
    }

    @Test("There are only so many library contexts, and one that could not be made does not count")
    func limit() throws {
        let contexts = LibraryContexts(limit: 2)
        let first = try contexts.context(for: ["default"], role: .client)
        #expect(throws: TLSError.self) { try contexts.context(for: ["n0where"], role: .client) }
        _ = try contexts.context(for: ["default", "base"], role: .client)
        let error = try #require(throws: TLSError.self) {
            try contexts.context(for: ["base", "default"], role: .server)
        }
        #expect(error.cause == .invalidConfiguration)
        #expect(error.message.hasPrefix("this process has had 2 different settings of providers"), "\(error)")
        #expect(error.hint == "Share one setting among configurations.")
        #expect(try contexts.context(for: ["default"], role: .client) === first)
    }

    @Test("Without providers there is no library context at all")
    func none() throws {
        let configuration = self.configuration(self.client, nil)
        #expect(try configuration.context(for: .client).library == nil)
    }

    @Test("A provider that is not there: its name, where it was looked for, OpenSSL's words and what to do")
    func notFound() throws {
        let error = try self.fault(["default", "n0where"])
        #expect(error.cause == .invalidConfiguration)
        #expect(error.message.contains("cannot load the provider 'n0where'; modules are looked for in '/"), "\(error)")
        #expect(error.message.contains("n0where.so: cannot open shared object file"), "\(error)")
        #expect(!error.openSSLErrors.isEmpty)
        let here = try self.fault(.init(["default", "pkcs11"], modulePath: self.directory.path))
        #expect(here.message.contains("modules are looked for in '\(self.directory.path)'"), "\(here)")
        #expect(here.hint.contains("pkcs11-provider"))
        #expect(try self.fault(.init(["fips"], modulePath: self.directory.path)).hint.contains("fipsinstall"))
        let module = try self.directory.write("no module", "damaged.so")
        let damaged = try self.fault(.init(["damaged"], modulePath: self.directory.path))
        #expect(damaged.message.contains(module), "\(damaged)")
        #expect(try self.fault([""]).message.contains("'' is no provider's name"))
        #expect(try self.fault(["a\0b"]).message.contains("is no provider's name"))
    }

    @Test("A directory of modules or a configuration file that is not there")
    func paths() throws {
        let module = try self.fault(.init(["default"], modulePath: "/nowhere"))
        #expect(module.cause == .fileUnreadable)
        #expect(module.message.contains("modules '/nowhere' does not exist"))
        let file = try self.fault(.init(["default"], configurationFile: "/nowhere.cnf"))
        #expect(file.cause == .fileUnreadable)
        #expect(file.message == "the OpenSSL configuration file '/nowhere.cnf' does not exist")
        let broken = try self.directory.write("[unclosed\n", "broken.cnf")
        let unreadable = try self.fault(.init(["default"], configurationFile: broken))
        #expect(
            unreadable.message.contains("cannot use the configuration file '\(broken)': missing close square bracket")
        )
    }

    @Test("fips=yes without a FIPS provider is refused, in words, and never falls back")
    func noFIPS() throws {
        for role in [TLSRole.client, .server] {
            let error = try self.fault(.init(["default"], properties: "fips=yes"), role: role)
            #expect(error.cause == .invalidConfiguration)
            #expect(error.message.hasPrefix("the property query 'fips=yes' leaves no "), "\(error)")
            #expect(error.message.contains("AES-GCM"))
            #expect(error.message.hasSuffix("the providers are 'default'"), "\(error)")
            #expect(error.hint.contains("fipsinstall"))
        }
        let implied = try self.fault(.init([], properties: "fips=yes"))
        #expect(implied.message.contains("the property query 'fips=yes' leaves"), "\(implied)")
    }

    @Test("Providers that cannot do TLS are told so; a query that cannot be read, too")
    func useless() throws {
        let null = try self.fault(["null"])
        #expect(
            null.message == "the providers 'null' have nothing that TLS needs, which TLS cannot do without",
            "\(null)"
        )
        let base = try self.fault(["base"])
        #expect(base.message.hasPrefix("the providers 'base' have no "), "\(base)")
        #expect(try self.fault(.init(["default"], properties: "=,=")).message.contains("property query '=,='"))
        #expect(try self.fault(.init(["default"], properties: "a\0b")).message.contains("property query 'a\\0b'"))
    }

    @Test("A configuration file can activate providers and give them parameters")
    func configurationFile() throws {
        let text = """
            openssl_conf = all
            [all]
            providers = list
            [list]
            base = base_section
            default = default_section
            [base_section]
            activate = 1
            [default_section]
            activate = 1
            """
        let file = try self.directory.write(text, "providers.cnf")
        let providers = TLSConfiguration.Providers([], configurationFile: file)
        let configuration = self.configuration(self.client, providers)
        let library = try #require(try configuration.context(for: .client).library)
        #expect(library.activeProviders == ["base", "default"])
    }
}

import COpenSSL
import Foundation
import NIOCore
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Keys that never leave a PKCS#11 token", .needs(.pkcs11))
struct TokenTests {
    private struct Material: Sendable {
        let token: SoftwareToken
        let locked: SoftwareToken
        let authority: TestAuthority
        let client: Identity
        let server: Identity

        init() throws {
            self.token = try SoftwareToken("tests")
            self.locked = try SoftwareToken("locked")
            self.authority = try TestAuthority()
            self.client = try self.authority.issue(.client())
            self.server = try self.authority.issue(.server())
            try self.token.store(self.client.privateKey.pem, label: "client", id: "01")
            try self.token.store(self.server.privateKey.pem, label: "server", id: "02")
            try self.locked.store(self.client.privateKey.pem, label: "client", id: "01")
        }
    }

    /// The same tokens for all tests: a module looks for tokens when it is loaded, and not again.
    private static let material = Result { try Material() }

    private let token: SoftwareToken
    /// Never opened by its PIN: a token that once was asks nobody again, as long as the process lives.
    private let locked: SoftwareToken
    private let authority: TestAuthority
    private let client: Identity
    private let server: Identity
    private let files: TemporaryDirectory

    init() throws {
        let material = try Self.material.get()
        self.files = try TemporaryDirectory()
        _ = try self.files.write(material.authority.certificate.pem, "ca.pem")
        self.token = material.token
        self.locked = material.locked
        self.authority = material.authority
        self.client = material.client
        self.server = material.server
    }

    private func configuration(
        _ identity: Identity,
        key uri: String,
        passphrase: String? = SoftwareToken.pin,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil
    ) throws -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .store(uri),
            passphrase: passphrase,
            trustRoots: .pem(self.authority.certificate.pem),
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            providers: try self.token.providers()
        )
    }

    private func fault(_ uri: String, passphrase: String? = SoftwareToken.pin) throws -> TLSError {
        let configuration = try self.configuration(self.client, key: uri, passphrase: passphrase)
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(!"\(error) \(String(reflecting: error))".contains(SoftwareToken.pin))
        #expect(!"\(error)".contains("wr0ng"))
        return error
    }

    @Test("Mutual TLS with both sides' keys in the token", arguments: [TLSVersion.tls13, .tls12])
    func handshake(_ version: TLSVersion) throws {
        let client = try self.configuration(
            self.client,
            key: self.token.uri("client"),
            minimumVersion: version,
            maximumVersion: version
        )
        let server = try self.configuration(
            self.server,
            key: self.token.uri("server"),
            minimumVersion: version,
            maximumVersion: version
        )
        let context = try server.context(for: .server)
        #expect(context.handshakeMayBlock)
        let key = try #require(SSL_CTX_get0_privatekey(context.pointer))
        let provider = EVP_PKEY_get0_provider(key).flatMap { OSSL_PROVIDER_get0_name($0) }.map { String(cString: $0) }
        #expect(provider == "pkcs11")
        // It cannot even be asked for its secret.
        var secret: OpaquePointer?
        #expect(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &secret) != 1)
        BN_free(secret)
        ERR_clear_error()
        for _ in 0..<3 {
            let handshake = try MemoryHandshake(client: client, server: server)
            let information = try handshake.server.get()
            #expect(information.isPeerVerified)
            #expect(information.peerCertificate?.sha256Fingerprint == self.client.certificate.fingerprint)
            #expect(try handshake.client.get().version == (version == .tls13 ? "TLSv1.3" : "TLSv1.2"))
        }
    }

    @Test("The PIN can stand in the URI, and is printed nowhere")
    func pinInURI() throws {
        let wrong = try self.fault(self.locked.uri("client") + "?pin-value=wr0ng", passphrase: nil)
        #expect(wrong.cause == .passphraseWrong, "\(wrong)")
        #expect("\(wrong)".contains("?…"))
        let uri = self.token.uri("client") + "?pin-value=\(SoftwareToken.pin)"
        let client = try self.configuration(self.client, key: uri, passphrase: nil)
        let server = try self.configuration(self.server, key: self.token.uri("server"))
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        #expect(!"\(client)".contains(SoftwareToken.pin))
    }

    @Test("No PIN and a wrong one are told apart")
    func pins() throws {
        let missing = try self.fault(self.locked.uri("client"), passphrase: nil)
        #expect(missing.cause == .passphraseMissing, "\(missing)")
        for passphrase in ["wr0ng", String(repeating: "x", count: 1023)] {
            let wrong = try self.fault(self.locked.uri("client"), passphrase: passphrase)
            #expect(wrong.cause == .passphraseWrong, "\(wrong)")
        }
    }

    @Test("Where the PIN is missing, nobody is asked: neither by OpenSSL nor by the provider, which would by itself")
    func noPrompt() throws {
        // Whoever asks the terminal does it by OpenSSL's default way to ask.
        let former = UI_get_default_method()
        let method = try #require(UI_create_method("a test"))
        defer {
            UI_set_default_method(former)
            UI_destroy_method(method)
        }
        Self.promptCount.store(0, ordering: .relaxed)
        UI_method_set_opener(method) { _ in
            TokenTests.promptCount.add(1, ordering: .relaxed)
            return 0
        }
        UI_set_default_method(method)
        _ = try self.fault(self.locked.uri("client"), passphrase: nil)
        _ = try self.fault(self.locked.uri("client"), passphrase: String(repeating: "x", count: 1023))
        #expect(Self.promptCount.load(ordering: .relaxed) == 0)
    }

    private static let promptCount = Atomic(0)

    /// What other threads may let go of last: SoftHSM takes itself apart when the process exits, with no regard to them.
    private static let kept = Mutex<[TLSConfiguration]>([])

    @Test("The provider of the token has no part in handshakes but to sign, and opens files, too")
    func apart() throws {
        let configuration = try self.configuration(self.server, key: self.token.uri("server"))
        let context = try configuration.context(for: .server)
        let library = try #require(context.library)
        #expect(library.activeProviders == ["default"])
        #expect(library.stores.activeProviders == ["default", "pkcs11"])
        let directory = try TemporaryDirectory()
        let file = try directory.write(self.client.certificate.pem + self.client.privateKey.pem, "client.pem")
        let client = TLSConfiguration(
            certificate: .store("file:\(file)"),
            privateKey: .store("file:\(file)"),
            trustRoots: .pem(self.authority.certificate.pem),
            providers: try self.token.providers()
        )
        let key = try #require(SSL_CTX_get0_privatekey(client.context(for: .client).pointer))
        #expect(
            EVP_PKEY_get0_provider(key).map { OSSL_PROVIDER_get0_name($0) }.map { String(cString: $0) } == "default"
        )
        #expect(try MemoryHandshake(client: client, server: configuration).server.get().isPeerVerified)
    }

    @Test(
        "A provider of tokens that a file activates would be asked to verify peers: told, and refused"
    )
    func notApart() throws {
        let providers = try self.token.providers()
        let directory = try TemporaryDirectory()
        let text =
            try String(contentsOfFile: #require(providers.configurationFile), encoding: .utf8) + "\nactivate = 1\n"
        var active = providers
        active.configurationFile = try directory.write(text, "active.cnf")
        let error = try #require(throws: TLSError.self) { try LibraryContext.load(active, role: .client) }
        #expect(error.cause == .invalidConfiguration)
        #expect(
            error.message.hasSuffix(
                "must not be at work in handshakes: OpenSSL would have it verify peers' certificates"
            )
        )
        #expect(error.hint.hasPrefix("Take 'activate' out of its section there, and name it here"))
    }

    /// Loaded there for a moment, and not opened: SoftHSM would not bear to be used by what it uses itself.
    @Test("Where a provider of tokens is loaded for the whole process, it opens nothing", arguments: ["key", "roots"])
    func wholeProcess(_ what: String) throws {
        try #require(OSSL_PROVIDER_set_default_search_path(nil, NeededModule.directory) == 1)
        let provider = try #require(OSSL_PROVIDER_try_load(nil, "pkcs11", 1))
        defer {
            OSSL_PROVIDER_unload(provider)
            OSSL_PROVIDER_set_default_search_path(nil, nil)
            ERR_clear_error()
        }
        let isKey = what == "key"
        let configuration = TLSConfiguration(
            certificate: isKey ? .identity(self.client) : nil,
            privateKey: isKey ? .store(self.token.uri("client")) : nil,
            passphrase: SoftwareToken.pin,
            trustRoots: isKey ? .pem(self.authority.certificate.pem) : .store("pkcs11:token=tests;type=cert")
        )
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(error.cause == .invalidConfiguration)
        #expect(
            error.message.contains("opened by the provider 'pkcs11' that is loaded for the whole process"),
            "\(error)"
        )
        #expect(error.hint.contains(#"providers: .init(["default", "pkcs11"], configurationFile: …)"#))
        let file = TLSConfiguration(trustRoots: .store("file:" + self.files.path + "/ca.pem"))
        try file.validate(for: .client)
    }

    @Test("A context that cannot be made takes the token from nobody", arguments: [["n0where"], []])
    func failedLoad(_ names: [String]) throws {
        let client = try self.configuration(self.client, key: self.token.uri("client"))
        let server = try self.configuration(self.server, key: self.token.uri("server"))
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        var providers = try self.token.providers()
        let text = try String(contentsOfFile: #require(providers.configurationFile), encoding: .utf8)
        let directory = try TemporaryDirectory()
        providers.configurationFile = try directory.write(
            text + "\npkcs11-module-load-behavior = early\n",
            "early.cnf"
        )
        providers.names = ["default", "pkcs11"] + names
        if names.isEmpty { providers.properties = "fips=yes" }
        #expect(throws: TLSError.self) { try LibraryContext.load(providers, role: .client) }
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
    }

    @Test("A trust root that refuses a purpose refuses it by a store, too", arguments: [true, false])
    func trustSettings(hasToken: Bool) throws {
        let rejecting = try openssl("x509", "-in", self.files.path + "/ca.pem", "-addreject", "serverAuth", "-trustout")
        let directory = try TemporaryDirectory()
        let file = try directory.write(rejecting, "rejecting.pem")
        let client = TLSConfiguration(
            trustRoots: .store("file:\(file)"),
            providers: hasToken ? try self.token.providers() : ["default"]
        )
        let server = TLSConfiguration(certificate: .identity(self.server), privateKey: .identity(self.server))
        let error = try #require(throws: TLSError.self) {
            try MemoryHandshake(client: client, server: server).client.get()
        }
        #expect(error.cause == .certificateRejected, "\(error)")
    }

    @Test("Beside a FIPS provider and its property query the token signs, and the rest is FIPS", .needs(.fips))
    func withFIPS() throws {
        let directory = try TemporaryDirectory()
        let section = directory.path + "/fipsmodule.cnf"
        _ = try openssl("fipsinstall", "-module", "\(NeededModule.directory)/fips.so", "-out", section)
        var providers = try self.token.providers()
        let text = try String(contentsOfFile: #require(providers.configurationFile), encoding: .utf8)
            .replacing("[list]", with: "[list]\nfips = fips_sect")
        providers.configurationFile = try directory.write(text + "\n.include \(section)\n", "both.cnf")
        providers.names = ["fips", "base", "default", "pkcs11"]
        providers.properties = "fips=yes"
        var configurations: [TLSConfiguration] = []
        for (identity, key) in [(self.client, "client"), (self.server, "server")] {
            configurations.append(
                TLSConfiguration(
                    certificate: .identity(identity),
                    privateKey: .store(self.token.uri(key)),
                    passphrase: SoftwareToken.pin,
                    trustRoots: .pem(self.authority.certificate.pem),
                    providers: providers
                )
            )
        }
        let library = try #require(configurations[0].context(for: .client).library)
        #expect(library.activeProviders == ["base", "default", "fips"])
        #expect(EVP_default_properties_is_fips_enabled(library.pointer) == 1)
        let handshake = try MemoryHandshake(client: configurations[0], server: configurations[1])
        #expect(try handshake.server.get().isPeerVerified)
        #expect(try handshake.client.get().cipher.contains("AES"))
    }

    @Test("A provider of tokens alone is not enough for TLS")
    func nothingElse() throws {
        var providers = try self.token.providers()
        providers.names = ["pkcs11"]
        let error = try #require(throws: TLSError.self) { try LibraryContext.load(providers, role: .client) }
        #expect(error.message.hasPrefix("nothing but stores is opened by 'pkcs11'"), "\(error)")
        #expect(error.hint == "Name default, too; or fips and base.")
    }

    @Test("A token that was opened once stays open for whoever names its key, with a PIN or without")
    func openedOnce() throws {
        let server = try self.configuration(self.server, key: self.token.uri("server"))
        try server.validate(for: .server)
        try self.configuration(self.client, key: self.token.uri("client"), passphrase: nil).validate(for: .client)
    }

    @Test("Of several keys that a URI names, the first certificate's is taken, and no other's")
    func several() throws {
        let any = "pkcs11:token=\(self.token.label);type=private"
        let client = try self.configuration(self.client, key: any)
        let server = try self.configuration(self.server, key: any)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        let other = try self.configuration(self.authority.issue(.client()), key: any)
        let error = try #require(throws: TLSError.self) { try other.validate(for: .client) }
        #expect(error.cause == .wrongFileKind, "\(error)")
        #expect(error.message.contains("private keys, none of them the certificate's"), "\(error)")
        #expect(error.hint.contains("object="))

        // What comes after the certificate only leads to its authority.
        let chain = TLSConfiguration(
            certificate: .pem(self.server.certificate.pem + self.client.certificate.pem),
            privateKey: .store(any),
            passphrase: SoftwareToken.pin,
            providers: try self.token.providers()
        )
        let key = try #require(SSL_CTX_get0_certificate(chain.context(for: .server).pointer))
        #expect(TLSPeerCertificate(key, in: nil).sha256Fingerprint == self.server.certificate.fingerprint)
        let both = try self.files.write(self.server.certificate.pem + self.client.certificate.pem, "both.pem")
        let unclear = TLSConfiguration(
            certificate: .store("file:\(both)"),
            privateKey: .store(any),
            passphrase: SoftwareToken.pin,
            providers: try self.token.providers()
        )
        let refused = try #require(throws: TLSError.self) { try unclear.validate(for: .server) }
        #expect(refused.message.contains("private keys, those of several certificates among them"), "\(refused)")
    }

    @Test("A key or a token that is not there")
    func notFound() throws {
        let noKey = try self.fault(self.token.uri("nobody"))
        #expect(noKey.cause == .privateKeyMissing, "\(noKey)")
        #expect(noKey.message.contains("has no private key at this URI"))
        let noToken = try self.fault("pkcs11:token=nowhere;object=client;type=private")
        #expect(noToken.cause == .privateKeyMissing, "\(noToken)")
        let publicOnly = try self.fault("pkcs11:token=\(self.token.label);object=client;type=public")
        #expect(publicOnly.message.contains("has a public key, and no private key"), "\(publicOnly)")
    }

    @Test("A key of another certificate is told like any other")
    func mismatch() throws {
        #expect(try self.fault(self.token.uri("server")).cause == .keyMismatch)
    }

    @Test("A reload opens the key anew, and takes another one")
    func reload() throws {
        let uri = self.token.uri("client")
        let client = try self.configuration(self.client, key: uri)
        let server = try self.configuration(self.server, key: self.token.uri("server"))
        let before = try client.context(for: .client)
        #expect(try client.reload().isChange == false)
        #expect(try client.context(for: .client) !== before)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        let next = try self.authority.issue(.client())
        try self.token.store(next.privateKey.pem, label: "next", id: "03")
        let reload = try client.replace(
            certificate: .identity(next),
            privateKey: .store(self.token.uri("next")),
            passphrase: SoftwareToken.pin
        )
        #expect(reload.changesCertificate)
        let information = try MemoryHandshake(client: client, server: server).server.get()
        #expect(information.peerCertificate?.sha256Fingerprint == next.certificate.fingerprint)
    }

    @Test("Over sockets, where the handshake's steps are done away from the event loop")
    func sockets() async throws {
        let client = try self.configuration(self.client, key: self.token.uri("client"))
        let server = try self.configuration(self.server, key: self.token.uri("server"))
        Self.kept.withLock { $0 += [client, server] }
        let listener = try await LoopbackServer(server) { Echo() }
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await listener.connect(client) { Reporter(continuation) }
        var iterator = news.makeAsyncIterator()
        guard case .handshakeCompleted(let information)? = await iterator.next() else {
            Issue.record("there was no handshake")
            return
        }
        #expect(information.isPeerVerified)
        try await channel.writeAndFlush(ByteBuffer(string: "ohai"))
        guard case .bytes(let bytes)? = await iterator.next() else {
            Issue.record("there was no echo")
            return
        }
        #expect(String(buffer: bytes) == "ohai")
        try await channel.close()
        try await listener.close()
    }

    @Test("Many threads sign with one key at once")
    func threads() async throws {
        let client = try self.configuration(self.client, key: self.token.uri("client"))
        let server = try self.configuration(self.server, key: self.token.uri("server"))
        Self.kept.withLock { $0 += [client, server] }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await blocking {
                        for _ in 0..<5
                        where try !MemoryHandshake(client: client, server: server).server.get().isPeerVerified {
                            return false
                        }
                        return true
                    }
                }
            }
            for try await isVerified in group { #expect(isVerified) }
        }
    }
}

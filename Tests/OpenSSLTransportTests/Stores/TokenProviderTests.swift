import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("The provider of a token, apart from those of handshakes", .needs(.pkcs11))
struct TokenProviderTests {
    private let parties: TokenParties
    private var token: SoftwareToken { self.parties.token }
    private let files: TemporaryDirectory

    init() throws {
        self.parties = try TokenParties.shared.get()
        self.files = try TemporaryDirectory()
        _ = try self.files.write(self.parties.authority.certificate.pem, "ca.pem")
    }

    @Test("The provider of the token has no part in handshakes but to sign, and opens files, too")
    func apart() throws {
        let configuration = try self.parties.configuration(self.parties.server, key: self.token.uri("server"))
        let context = try configuration.context(for: .server)
        let library = try #require(context.library)
        #expect(library.activeProviders == ["default"])
        #expect(library.stores.activeProviders == ["default", "pkcs11"])
        let file = try self.files.write(
            self.parties.client.certificate.pem + self.parties.client.privateKey.pem,
            "client.pem"
        )
        let client = TLSConfiguration(
            certificate: .store("file:\(file)"),
            privateKey: .store("file:\(file)"),
            trustRoots: .pem(self.parties.authority.certificate.pem),
            providers: try self.token.providers()
        )
        let key = try #require(SSL_CTX_get0_privatekey(client.context(for: .client).pointer))
        let provider = EVP_PKEY_get0_provider(key).flatMap { OSSL_PROVIDER_get0_name($0) }.map { String(cString: $0) }
        #expect(provider == "default")
        #expect(try MemoryHandshake(client: client, server: configuration).server.get().isPeerVerified)
    }

    @Test("A provider of tokens that a file activates would be asked to verify peers: told, and refused")
    func notApart() throws {
        let active = try self.token.providers(settings: "activate = 1")
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
            certificate: isKey ? .identity(self.parties.client) : nil,
            privateKey: isKey ? .store(self.token.uri("client")) : nil,
            passphrase: SoftwareToken.pin,
            trustRoots: isKey ? .pem(self.parties.authority.certificate.pem) : .store("pkcs11:token=tests;type=cert")
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
        let (client, server) = try self.parties.configurations()
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        let providers = try self.token.providers(
            ["default", "pkcs11"] + names,
            properties: names.isEmpty ? "fips=yes" : nil,
            settings: "pkcs11-module-load-behavior = early"
        )
        #expect(throws: TLSError.self) { try LibraryContext.load(providers, role: .client) }
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
    }

    @Test("A trust root that refuses a purpose refuses it by a store, too", arguments: [true, false])
    func trustSettings(hasToken: Bool) throws {
        let rejecting = try openssl("x509", "-in", self.files.path + "/ca.pem", "-addreject", "serverAuth", "-trustout")
        let file = try self.files.write(rejecting, "rejecting.pem")
        let client = TLSConfiguration(
            trustRoots: .store("file:\(file)"),
            providers: hasToken ? try self.token.providers() : ["default"]
        )
        let server = TLSConfiguration(
            certificate: .identity(self.parties.server),
            privateKey: .identity(self.parties.server)
        )
        let error = try #require(throws: TLSError.self) {
            try MemoryHandshake(client: client, server: server).client.get()
        }
        #expect(error.cause == .certificateRejected, "\(error)")
    }

    @Test("Beside a FIPS provider and its property query the token signs, and the rest is FIPS", .needs(.fips))
    func withFIPS() throws {
        let providers = try self.token.providers(
            ["fips", "base", "default", "pkcs11"],
            properties: "fips=yes",
            list: "fips = fips_sect",
            settings: ".include \(NeededModule.installFIPS(in: self.files))"
        )
        let (client, server) = try self.parties.configurations(providers: providers)
        let library = try #require(client.context(for: .client).library)
        #expect(library.activeProviders == ["base", "default", "fips"])
        #expect(EVP_default_properties_is_fips_enabled(library.pointer) == 1)
        let handshake = try MemoryHandshake(client: client, server: server)
        #expect(try handshake.server.get().isPeerVerified)
        #expect(try handshake.client.get().cipher.contains("AES"))
    }

    @Test("A provider of tokens alone is not enough for TLS")
    func nothingElse() throws {
        let providers = try self.token.providers(["pkcs11"])
        let error = try #require(throws: TLSError.self) { try LibraryContext.load(providers, role: .client) }
        #expect(error.message.hasPrefix("nothing but stores is opened by 'pkcs11'"), "\(error)")
        #expect(error.hint == "Name default, too; or fips and base.")
    }
}

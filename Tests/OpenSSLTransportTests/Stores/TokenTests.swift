import COpenSSL
import Foundation
import NIOCore
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Keys that never leave a PKCS#11 token", .needs(.pkcs11))
struct TokenTests {
    private let parties: TokenParties
    private var token: SoftwareToken { self.parties.token }
    private var locked: SoftwareToken { self.parties.locked }

    init() throws { self.parties = try TokenParties.shared.get() }

    private func fault(_ uri: String, passphrase: String? = SoftwareToken.pin) throws -> TLSError {
        let configuration = try self.parties.configuration(self.parties.client, key: uri, passphrase: passphrase)
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(!"\(error) \(String(reflecting: error))".contains(SoftwareToken.pin))
        #expect(!"\(error)".contains("wr0ng"))
        return error
    }

    @Test("Mutual TLS with both sides' keys in the token", arguments: [TLSVersion.tls13, .tls12])
    func handshake(_ version: TLSVersion) throws {
        let (client, server) = try self.parties.configurations(version: version)
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
            #expect(information.peerCertificate?.sha256Fingerprint == self.parties.client.certificate.fingerprint)
            #expect(try handshake.client.get().version == (version == .tls13 ? "TLSv1.3" : "TLSv1.2"))
        }
    }

    @Test("The PIN can stand in the URI, and is printed nowhere")
    func pinInURI() throws {
        let wrong = try self.fault(self.locked.uri("client") + "?pin-value=wr0ng", passphrase: nil)
        #expect(wrong.cause == .passphraseWrong, "\(wrong)")
        #expect("\(wrong)".contains("?…"))
        let uri = self.token.uri("client") + "?pin-value=\(SoftwareToken.pin)"
        let client = try self.parties.configuration(self.parties.client, key: uri, passphrase: nil)
        let server = try self.parties.configuration(self.parties.server, key: self.token.uri("server"))
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

    @Test("A token that was opened once stays open for whoever names its key, with a PIN or without")
    func openedOnce() throws {
        let server = try self.parties.configuration(self.parties.server, key: self.token.uri("server"))
        try server.validate(for: .server)
        try self.parties.configuration(self.parties.client, key: self.token.uri("client"), passphrase: nil).validate(
            for: .client
        )
    }

    @Test("Of several keys that a URI names, the first certificate's is taken, and no other's")
    func several() throws {
        let any = "pkcs11:token=\(self.token.label);type=private"
        let client = try self.parties.configuration(self.parties.client, key: any)
        let server = try self.parties.configuration(self.parties.server, key: any)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        let other = try self.parties.configuration(self.parties.authority.issue(.client()), key: any)
        let error = try #require(throws: TLSError.self) { try other.validate(for: .client) }
        #expect(error.cause == .wrongFileKind, "\(error)")
        #expect(error.message.contains("private keys, none of them the certificate's"), "\(error)")
        #expect(error.hint.contains("object="))

        // What comes after the certificate only leads to its authority.
        let chain = TLSConfiguration(
            certificate: .pem(self.parties.server.certificate.pem + self.parties.client.certificate.pem),
            privateKey: .store(any),
            passphrase: SoftwareToken.pin,
            providers: try self.token.providers()
        )
        let key = try #require(SSL_CTX_get0_certificate(chain.context(for: .server).pointer))
        #expect(TLSPeerCertificate(key, in: nil).sha256Fingerprint == self.parties.server.certificate.fingerprint)
        let directory = try TemporaryDirectory()
        let both = try directory.write(
            self.parties.server.certificate.pem + self.parties.client.certificate.pem,
            "both.pem"
        )
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
        let client = try self.parties.configuration(self.parties.client, key: uri)
        let server = try self.parties.configuration(self.parties.server, key: self.token.uri("server"))
        let before = try client.context(for: .client)
        #expect(try client.reload().isChange == false)
        #expect(try client.context(for: .client) !== before)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        let next = try self.parties.authority.issue(.client())
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
        let (client, server) = try self.parties.configurations()
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
        let (client, server) = try self.parties.configurations()
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

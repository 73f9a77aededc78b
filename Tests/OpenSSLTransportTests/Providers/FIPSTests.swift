import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Nothing but what a FIPS provider has", .needs(.fips))
struct FIPSTests {
    private let directory: TemporaryDirectory
    private let files: CertificateFiles
    private let providers: TLSConfiguration.Providers

    init() throws {
        self.directory = try TemporaryDirectory()
        self.files = try Parties.files.get()
        let section = try NeededModule.installFIPS(in: self.directory)
        let text = """
            openssl_conf = all
            .include \(section)
            [all]
            providers = list
            [list]
            fips = fips_sect
            """
        self.providers = TLSConfiguration.Providers(
            ["fips", "base"],
            properties: "fips=yes",
            configurationFile: try self.directory.write(text, "openssl.cnf"),
            modulePath: NeededModule.directory
        )
    }

    private func configuration(
        _ identity: Identity,
        resumption: TLSConfiguration.Resumption = .off,
        algorithms: TLSConfiguration.Algorithms = .recommended
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            trustRoots: .pem(self.files.authority.certificate.pem),
            algorithms: algorithms,
            resumption: resumption,
            providers: self.providers
        )
    }

    @Test("Mutual TLS 1.3 and resumption, with the provider fips and its AES and P-256")
    func handshake() throws {
        let client = self.configuration(self.files.client, resumption: .tickets())
        let server = self.configuration(self.files.server, resumption: .tickets())
        let library = try #require(try client.context(for: .client).library)
        #expect(library.activeProviders == ["base", "fips"])
        let information = try MemoryHandshake(client: client, server: server).client.get()
        #expect(information.isPeerVerified)
        #expect(information.cipher.contains("AES"))
        #expect(try MemoryHandshake(client: client, server: server).server.get().isResumed)
    }

    @Test("With a peer that has no such limits")
    func ordinaryPeer() throws {
        let peer = TLSConfiguration(trustRoots: .pem(self.files.authority.certificate.pem))
        let server = TLSConfiguration(
            certificate: .identity(self.files.server),
            privateKey: .identity(self.files.server),
            providers: self.providers
        )
        #expect(try MemoryHandshake(client: peer, server: server).client.get().isPeerVerified)
    }

    @Test("An algorithm that it has not is refused by name, not taken from elsewhere")
    func refusedAlgorithm() throws {
        let suite = "TLS_CHACHA20_POLY1305_SHA256"
        let configuration = self.configuration(self.files.client, algorithms: .init(cipherSuites: [suite]))
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(error.message.contains("knows no cipher suite of TLS 1.3 '\(suite)'"), "\(error)")
    }

    @Test("A PKCS#12 is sealed with what FIPS does not allow, and that is said")
    func pkcs12() throws {
        let pem = self.files.client.privateKey.pem + self.files.client.chainPEM
        let file = try self.directory.write(pem, "both.pem")
        let bundle = try openssl("pkcs12", "-export", "-in", file, "-passout", "pass:s3cret")
        let configuration = TLSConfiguration(
            certificate: .pkcs12(bundle),
            passphrase: "s3cret",
            providers: self.providers
        )
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(error.message.contains("in a way that the loaded providers do not offer"), "\(error)")
    }
}

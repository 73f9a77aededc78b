import Foundation
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

private struct Unwelcome: Error, CustomStringConvertible {
    var description: String
}

@Suite("What one asks of a peer's chain oneself")
struct ChainCheckTests {
    private let authority: TestAuthority
    private let serverIdentity: Identity
    private let clientIdentity: Identity

    init() throws {
        self.authority = try TestAuthority()
        self.serverIdentity = try self.authority.issue(.server())
        var request = CertificateRequest.client(commonName: "caller")
        request.alternativeNames = [.uri("spiffe://example.org/caller")]
        self.clientIdentity = try self.authority.issue(request)
    }

    private func handshake(
        clientPins: [TLSConfiguration.PublicKeyPin] = [],
        client: (@Sendable (TLSPeerChain) throws -> Void)? = nil,
        server: (@Sendable (TLSPeerChain) throws -> Void)? = nil
    ) throws -> MemoryHandshake {
        try MemoryHandshake(
            client: TLSConfiguration(
                certificate: .identity(self.clientIdentity),
                privateKey: .identity(self.clientIdentity),
                trustRoots: .pem(self.authority.certificate.pem),
                publicKeyPins: clientPins,
                verifyPeer: client
            ),
            server: TLSConfiguration(
                certificate: .identity(self.serverIdentity),
                privateKey: .identity(self.serverIdentity),
                trustRoots: .pem(self.authority.certificate.pem),
                verifyPeer: server
            )
        )
    }

    @Test("The check sees the verified chain, the peer's certificate first, on both sides")
    func chain() throws {
        let seen = Mutex<[TLSRole: TLSPeerChain]>([:])
        let note: @Sendable (TLSPeerChain) -> Void = { chain in seen.withLock { $0[chain.role] = chain } }
        let handshake = try self.handshake(client: note, server: note)
        #expect(try handshake.client.get().isPeerVerified)
        #expect(try handshake.server.get().isPeerVerified)
        let chains = seen.withLock { $0 }
        let root = self.authority.certificate.fingerprint
        #expect(
            chains[.client]?.certificates.map(\.sha256Fingerprint) == [
                self.serverIdentity.certificate.fingerprint, root,
            ]
        )
        #expect(
            chains[.server]?.certificates.map(\.sha256Fingerprint) == [
                self.clientIdentity.certificate.fingerprint, root,
            ]
        )
        #expect(chains[.server]?.peer?.spiffeID == "spiffe://example.org/caller")
        #expect(chains[.client]?.peer?.spiffeID == nil)
    }

    @Test("A client's check that throws refuses the server, says why, and the server hears of it")
    func clientRefuses() throws {
        let handshake = try self.handshake(client: { _ in throw Unwelcome(description: "not\n on the list") })
        let error = try #require(handshake.client.error)
        #expect(error.cause == .refusedByProgram)
        #expect(error.message.contains("the program's own check refuses it: not"))
        #expect(error.message.contains("on the list"))
        #expect(!error.message.contains("\n"))
        #expect(error.verification?.code == 50)
        #expect(error.certificate?.sha256Fingerprint == self.serverIdentity.certificate.fingerprint)
        #expect(error.alertSent?.rawValue == 40)
        #expect(handshake.server.error?.alertReceived?.rawValue == 40)
    }

    @Test("Of an error without a description its name is told, never what it stores")
    func storedValues() throws {
        struct Refused: Error { let token = "open sesame" }
        enum Verdict: Error { case unwelcome(String) }
        for (thrown, name) in [
            (Refused() as any Error, "Refused"), (Verdict.unwelcome("open sesame"), "Verdict.unwelcome"),
        ] {
            let error = try #require(try self.handshake(client: { _ in throw thrown }).client.error)
            #expect(error.message.hasSuffix("refuses it: \(name)"))
            #expect(!"\(error)".contains("sesame"))
        }
    }

    @Test("A server's check that throws refuses the client before any of its bytes is handed on")
    func serverRefuses() throws {
        let handshake = try self.handshake(server: { _ in throw Unwelcome(description: "nobody comes in") })
        let error = try #require(handshake.server.error)
        #expect(error.cause == .refusedByProgram)
        #expect(error.phase == .handshake)
        #expect(error.message.contains("nobody comes in"))
    }

    @Test("It is not asked about a chain that does not verify")
    func notAskedInVain() throws {
        let asked = Mutex(false)
        let other = try TestAuthority()
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                trustRoots: .pem(other.certificate.pem),
                verifyPeer: { _ in asked.withLock { $0 = true } }
            ),
            server: TLSConfiguration(
                certificate: .identity(self.serverIdentity),
                privateKey: .identity(self.serverIdentity)
            )
        )
        #expect(handshake.client.error?.cause == .unknownAuthority)
        #expect(!asked.withLock { $0 })
    }

    private func pin(_ certificate: TestCertificates.Certificate) throws -> TLSConfiguration.PublicKeyPin {
        let x509 = try #require(certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        return .init(sha256: TLSPeerCertificate(x509.pointer, in: nil).sha256PublicKey)
    }

    @Test("A pinned key may be the server's own or its authority's")
    func pinned() throws {
        let other = try self.pin(TestAuthority().certificate)
        for certificate in [self.serverIdentity.certificate, self.authority.certificate] {
            let pins = [other, try self.pin(certificate)]
            #expect(try self.handshake(clientPins: pins).client.get().isPeerVerified)
        }
    }

    @Test("A chain without a pinned key is refused, and the error has the pin that would do")
    func notPinned() throws {
        let handshake = try self.handshake(clientPins: [self.pin(TestAuthority().certificate)])
        let error = try #require(handshake.client.error)
        #expect(error.cause == .publicKeyNotPinned)
        let own = try self.pin(self.serverIdentity.certificate).sha256
        #expect(error.message.contains("its own is sha256//\(Data(own).base64EncodedString())"))
        #expect(handshake.server.error?.alertReceived?.rawValue == 40)
    }

    @Test("A pin is read in base64, with and without curl's prefix")
    func pinText() {
        let bytes = (0..<32).map { UInt8($0) }
        let text = Data(bytes).base64EncodedString()
        #expect(TLSConfiguration.PublicKeyPin(text).sha256 == bytes)
        #expect(TLSConfiguration.PublicKeyPin("sha256//" + text).sha256 == bytes)
    }

    @Test(
        "A pin that is none is refused",
        arguments: [("", "is empty or no base64"), ("nonsense!", "is empty or no base64"), ("AAAA", "has 3 bytes")]
    )
    func badPin(_ text: String, _ words: String) throws {
        let good = try self.pin(self.authority.certificate)
        let error = #expect(throws: TLSError.self) {
            try TLSConfiguration(
                trustRoots: .pem(self.authority.certificate.pem),
                publicKeyPins: [good, .init(text)]
            ).validate(for: .client)
        }
        #expect(error?.message.contains("pin 2 of 2 of public keys \(words)") == true)
    }

    @Test("Neither goes with what would leave it out: no verification, or resumption")
    func combinations() {
        let roots = TLSConfiguration.TrustRoots.pem(self.authority.certificate.pem)
        for configuration in [
            TLSConfiguration(verification: .dangerouslyNone, verifyPeer: { _ in }),
            TLSConfiguration(trustRoots: roots, verifyPeer: { _ in }, resumption: .tickets()),
            TLSConfiguration(
                trustRoots: roots,
                publicKeyPins: [.init(sha256: [UInt8](repeating: 0, count: 32))],
                resumption: .tickets()
            ),
        ] {
            let error = #expect(throws: TLSError.self) { try configuration.validate(for: .client) }
            #expect(error?.cause == .invalidConfiguration)
        }
    }

    @Test("Two URIs, or one with a NUL, are no SPIFFE identity")
    func ambiguousIdentity() throws {
        for uris in [["spiffe://a/b", "spiffe://a/c"], ["spiffe://a/b\0c"], ["https://a/b"]] {
            var request = CertificateRequest.client(commonName: "caller")
            request.alternativeNames = uris.map { .uri($0) }
            let certificate = try self.authority.issue(request).certificate
            let x509 = try #require(certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
            #expect(TLSPeerCertificate(x509.pointer, in: nil).spiffeID == nil)
        }
    }
}

extension ChainCheckTests {
    @Test("A server that asks nobody for a certificate has nobody to check, and says so")
    func nobodyToCheck() throws {
        let pin = TLSConfiguration.PublicKeyPin(sha256: [UInt8](repeating: 1, count: 32))
        let approve: @Sendable (TLSPeerChain) async throws -> Void = { _ in }
        for asked in [TLSConfiguration.ClientCertificates.automatic, .none] {
            for isPinned in [true, false] {
                let server = TLSConfiguration(
                    certificate: .identity(self.serverIdentity),
                    privateKey: .identity(self.serverIdentity),
                    clientCertificates: asked,
                    publicKeyPins: isPinned ? [pin] : [],
                    approvePeer: isPinned ? nil : approve
                )
                let error = #expect(throws: TLSError.self) { try server.validate(for: .server) }
                #expect(error?.cause == .invalidConfiguration)
                #expect(error?.hint.contains("trustRoots") == true)
            }
        }
    }
}

import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Stapled OCSP responses")
struct StaplingTests {
    private let pki: CataloguePKI
    private let identity: Identity
    private let responder: Responder

    init() throws {
        self.pki = try CataloguePKI()
        self.identity = try self.pki.issue(CataloguePKI.request(.server))
        self.responder = Responder(self.pki.issuer)
    }

    private func client(
        _ stapling: TLSConfiguration.OCSPStapling,
        version: TLSVersion = .tls13
    ) -> TLSConfiguration {
        TLSConfiguration(
            trustRoots: self.pki.trust,
            minimumVersion: version,
            maximumVersion: version,
            ocspStapling: stapling
        )
    }

    private func server(_ response: [UInt8]?, _ identity: Identity? = nil) -> TLSConfiguration {
        let identity = identity ?? self.identity
        return TLSConfiguration(
            certificate: .pem(identity.chainPEM + self.pki.issuer.certificate.pem),
            privateKey: .identity(identity),
            minimumVersion: .tls12,
            ocspResponse: response.map { .der($0) }
        )
    }

    /// A handshake with a server that staples what no configuration would let it.
    private func handshake(
        _ stapling: TLSConfiguration.OCSPStapling,
        _ response: [UInt8],
        _ identity: Identity? = nil
    ) throws -> MemoryHandshake {
        try MemoryHandshake(client: self.client(stapling), server: self.server(nil, identity)) { _, server in
            let certificate = try #require(SSL_CTX_get0_certificate(server.pointer))
            server.staples.all = [
                X509Text.sha256Fingerprint(certificate): Staple(der: response, end: .distantFuture)
            ]
        }
    }

    @Test("A good one satisfies a client that requires it", arguments: [TLSVersion.tls12, .tls13])
    func good(version: TLSVersion) throws {
        let handshake = try MemoryHandshake(
            client: self.client(.required, version: version),
            server: self.server(self.responder.answer(about: self.identity.certificate))
        )
        #expect(try handshake.client.get().isPeerVerified)
        #expect(handshake.server.error == nil)
    }

    @Test("A client that ignores them does not ask, and a bad one does it no harm")
    func ignored() throws {
        var responder = self.responder
        responder.status = .revoked
        let handshake = try self.handshake(.ignored, responder.answer(about: self.identity.certificate))
        #expect(handshake.client.error == nil)
    }

    @Test("None is a fault only where one is required, and both sides learn that")
    func missing() throws {
        let server = self.server(nil)
        #expect(try MemoryHandshake(client: self.client(.checked), server: server).client.error == nil)
        let handshake = try MemoryHandshake(client: self.client(.required), server: server)
        let error = try #require(handshake.client.error)
        #expect(error.cause == .revocationUnknown)
        #expect(error.message.hasPrefix("the server sent no OCSP response with its certificate, and one is required"))
        #expect(error.alertSent == 113)
        #expect(error.certificate?.sha256Fingerprint == self.identity.certificate.fingerprint)
        #expect(handshake.server.error?.cause == .certificateRejectedByPeer(alert: 113))
        #expect(handshake.server.error?.message.contains("it came with no OCSP response") == true)
    }

    @Test("A certificate that demands one is refused without it", arguments: [true, false])
    func demanded(isStapled: Bool) throws {
        var request = CataloguePKI.request(.server)
        // RFC 7633: a sequence with the number of status_request.
        request.additionalExtensions = [
            RawExtension(objectIdentifier: "1.3.6.1.5.5.7.1.24", value: [0x30, 0x03, 0x02, 0x01, 0x05])
        ]
        let identity = try self.pki.issue(request)
        let response = isStapled ? try self.responder.answer(about: identity.certificate) : nil
        let handshake = try MemoryHandshake(client: self.client(.checked), server: self.server(response, identity))
        if isStapled {
            #expect(handshake.client.error == nil)
        } else {
            #expect(handshake.client.error?.cause == .revocationUnknown)
            #expect(handshake.client.error?.message.contains("demands that an OCSP response is sent along") == true)
        }
    }

    @Test("A revoked certificate is refused, with the date and the reason")
    func revoked() throws {
        var responder = self.responder
        responder.status = .revoked
        let error = try self.handshake(.checked, responder.answer(about: self.identity.certificate)).client.error
        #expect(error?.cause == .certificateRevoked)
        #expect(error?.message.contains("says that the certificate is revoked since 20") == true)
        #expect(error?.message.hasSuffix("Z (keyCompromise)") == true)
        #expect(error?.alertSent == 113)
    }

    /// A response that is not good, and how the client's sentence ends.
    private func bad(_ kind: BadResponse) throws -> [UInt8] {
        var responder = self.responder
        var subject = self.identity.certificate
        switch kind {
        case .unknown: responder.status = .unknown
        case .old: (responder.begins, responder.ends) = (-86_400, -3_600)
        case .oldWithoutEnd: (responder.begins, responder.ends) = (-2 * 86_400, nil)
        case .future: (responder.begins, responder.ends) = (3_600, 7_200)
        case .other: subject = try self.pki.issue(.server()).certificate
        case .foreignSigner: responder.signer = try CataloguePKI().issuer
        case .undelegatedSigner: responder.signer = try self.pki.issue(.server())
        case .tryLater: return try Responder.tryLater()
        case .nonsense: return [1, 2, 3]
        case .trailing: return try responder.answer(about: subject) + [0]
        case .altered:
            var bytes = try responder.answer(about: subject)
            bytes[bytes.count - 1] ^= 1
            return bytes
        }
        return try responder.answer(about: subject)
    }

    enum BadResponse: String, CaseIterable, Sendable {
        case unknown = "does not know the certificate"
        case old = "is out of date since"
        case oldWithoutEnd = "is out of date since 2"
        case future = "counts from"
        case other = "is about another certificate"
        case foreignSigner = "is not signed by the certificate's issuer, nor by a responder that it has named"
        case undelegatedSigner = "not signed by the certificate's issuer"
        case tryLater = "the responder said 'trylater'"
        case nonsense = "cannot be read"
        case trailing = "along cannot be read"
        case altered = "is not signed by the certificate's issuer"
    }

    @Test("One that is not good is refused, and the error says what is wrong with it", arguments: BadResponse.allCases)
    func bad(kind: BadResponse) throws {
        let error = try self.handshake(.checked, self.bad(kind)).client.error
        #expect(error?.cause == .revocationUnknown)
        #expect(error?.message.contains(kind.rawValue) == true, "\(String(describing: error))")
        #expect(error?.message.contains("cannot be told") == true)
    }

    @Test("A server does not take such a one to begin with", arguments: BadResponse.allCases)
    func badAtServer(kind: BadResponse) throws {
        let response = try self.bad(kind)
        let error = #expect(throws: TLSError.self) { try self.server(response).validate(for: .server) }
        #expect(error?.phase == .configuration)
        #expect(
            error?.message.contains(kind.rawValue.replacing("along ", with: "")) == true,
            "\(String(describing: error))"
        )
        #expect(error?.hint.isEmpty == false)
    }

    @Test("A responder that the issuer has named may sign, and names of issuers may be SHA-256 digests")
    func delegated() throws {
        var request = CertificateRequest.server(commonName: "responder")
        request.purposes = [.ocspSigning]
        var responder = self.responder
        responder.signer = try self.pki.issue(request)
        responder.digest = EVP_sha256()
        let response = try responder.answer(about: self.identity.certificate)
        let handshake = try MemoryHandshake(client: self.client(.required), server: self.server(response))
        #expect(handshake.client.error == nil)
    }

    @Test("A server keeps back what has gone out of date since")
    func agesAtServer() throws {
        let response = try self.responder.answer(about: self.identity.certificate)
        let handshake = try MemoryHandshake(client: self.client(.required), server: self.server(response)) {
            _,
            server in
            server.staples.all = server.staples.all.mapValues {
                Staple(der: $0.der, end: Date(timeIntervalSinceNow: -1))
            }
        }
        #expect(handshake.client.error?.message.hasPrefix("the server sent no OCSP response") == true)
    }

    @Test("A server needs its issuer's certificate to check the response with")
    func issuerMissing() throws {
        let configuration = TLSConfiguration(
            certificate: .identity(self.identity),
            privateKey: .identity(self.identity),
            ocspResponse: .der(try self.responder.answer(about: self.identity.certificate))
        )
        let error = #expect(throws: TLSError.self) { try configuration.validate(for: .server) }
        #expect(error?.message.contains("the certificate's issuer is not known") == true)
        #expect(error?.hint.contains("behind our own in the certificate file") == true)
    }

    @Test("A server whose certificate is revoked does not start with the news of it")
    func revokedAtServer() throws {
        var responder = self.responder
        responder.status = .revoked
        let response = try responder.answer(about: self.identity.certificate)
        let error = #expect(throws: TLSError.self) { try self.server(response).validate(for: .server) }
        #expect(error?.cause == .certificateRevoked)
    }

    @Test("A certificate that is trusted by itself has nobody to answer for it")
    func noIssuer() throws {
        let response = try self.responder.answer(about: self.identity.certificate)
        for stapling in [TLSConfiguration.OCSPStapling.checked, .required] {
            let client = TLSConfiguration(trustRoots: .pem(self.identity.certificate.pem), ocspStapling: stapling)
            let error = try MemoryHandshake(client: client, server: self.server(response)).client.error
            if stapling == .required {
                #expect(error?.message.contains("is trusted by itself") == true)
            } else {
                #expect(error == nil)
            }
        }
    }

    @Test("It makes no sense where nobody is verified")
    func withoutVerification() {
        let configuration = TLSConfiguration(verification: .dangerouslyNone, ocspStapling: .required)
        let error = #expect(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(error?.cause == .invalidConfiguration)
    }

    @Test("What only one role does is refused of the other: a server asks for no response, and a client sends none")
    func otherRole() throws {
        let response = try TLSConfiguration.OCSPResponse.der(self.responder.answer(about: self.identity.certificate))
        for stapling in [TLSConfiguration.OCSPStapling.checked, .required] {
            let server = TLSConfiguration(
                certificate: .pem(self.identity.chainPEM),
                privateKey: .pem(self.identity.privateKey.pem),
                ocspStapling: stapling
            )
            let error = #expect(throws: TLSError.self) { try server.validate(for: .server) }
            #expect(error?.cause == .invalidConfiguration)
            #expect(error?.message.contains("ocspStapling is \(stapling) on a server") == true)
        }
        let client = TLSConfiguration(trustRoots: self.pki.trust, ocspResponse: response)
        let error = #expect(throws: TLSError.self) { try client.validate(for: .client) }
        #expect(error?.cause == .invalidConfiguration)
        #expect(error?.message.contains("an ocspResponse is given to a client") == true)
        // Nor does a reload bring one.
        let plain = TLSConfiguration(trustRoots: self.pki.trust)
        try plain.validate(for: .client)
        #expect(throws: TLSError.self) { try plain.replace(ocspResponse: response) }
    }

    @Test("A reload brings a new response, watched like the other files, and forgets no session")
    func reload() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(self.responder.answer(about: self.identity.certificate), "server.ocsp")
        let server = TLSConfiguration(
            certificate: .pem(self.identity.chainPEM + self.pki.issuer.certificate.pem),
            privateKey: .identity(self.identity),
            ocspResponse: .file(path),
            resumption: .tickets()
        )
        #expect(server.filePaths == [path])
        let client = TLSConfiguration(trustRoots: self.pki.trust, ocspStapling: .required, resumption: .tickets())
        #expect(try !MemoryHandshake(client: client, server: server).client.get().isResumed)

        var later = self.responder
        later.ends = 7_200
        let newer = try later.answer(about: self.identity.certificate)
        _ = try directory.write(newer, "server.ocsp")
        let reload = try server.reload()
        #expect(reload.changesOCSPResponse)
        #expect(!reload.changesCertificate && !reload.changesTrust)
        #expect(try server.context(for: .server).staples.all.values.map(\.der) == [newer])
        #expect(try MemoryHandshake(client: client, server: server).client.get().isResumed)

        _ = try directory.write([0x30], "server.ocsp")
        #expect(throws: TLSError.self) { try server.reload() }
        #expect(try server.context(for: .server).staples.all.values.map(\.der) == [newer])
        let same = try server.replace(ocspResponse: .der(newer))
        #expect(!same.isChange)
    }
}

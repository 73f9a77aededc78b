import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Certificates of ours with which every handshake would fail")
struct UselessIdentityTests {
    private func fault(
        _ identity: Identity,
        minimum: TLSVersion = .tls13,
        maximum: TLSVersion? = nil
    ) throws -> TLSError {
        let configuration = TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            minimumVersion: minimum,
            maximumVersion: maximum
        )
        return try #require(throws: TLSError.self) { try configuration.validate(for: .server) }
    }

    /// A certificate that signed itself, with a key of openssl's making.
    private func identity(_ algorithm: [String]) throws -> (certificate: [UInt8], key: [UInt8]) {
        let directory = try TemporaryDirectory()
        let key = try openssl(["genpkey"] + algorithm)
        let file = try directory.write(key, "a.key")
        return (try openssl("req", "-x509", "-new", "-key", file, "-subj", "/CN=a", "-days", "2"), key)
    }

    @Test(
        "A key that no version can use which is spoken, and with which it works, is said when it is loaded",
        arguments: ["secp224r1", "secp256k1", "brainpoolP256r1"]
    )
    func curves(_ curve: String) throws {
        let (certificate, key) = try self.identity(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve)"])
        func make(_ minimum: TLSVersion, _ algorithms: TLSConfiguration.Algorithms = .recommended) -> TLSConfiguration {
            TLSConfiguration(
                certificate: .pem(certificate),
                privateKey: .pem(key),
                minimumVersion: minimum,
                algorithms: algorithms
            )
        }
        let isNewer = OPENSSL_version_minor() >= 2 && curve.hasPrefix("brainpool")
        guard !isNewer else { return }
        for role in [TLSRole.server, .client] {
            let error = try #require(throws: TLSError.self) { try make(.tls13).validate(for: role) }
            #expect(error.cause == .invalidConfiguration)
            #expect(error.message.contains("has a key that TLS 1.3 cannot use: EC \(curve)"), "\(error)")
            #expect(error.hint.contains("It works with TLS 1.2 alone"), "\(error)")
            #expect(throws: TLSError.self) { try make(.tls12).validate(for: role) }
            try make(.tls12, .init(groups: ["X25519", "P-256", curve])).validate(for: role)
        }
    }

    @Test("Keys that TLS can use are accepted", arguments: ["P-256", "P-384", "P-521"])
    func usualCurves(_ curve: String) throws {
        let (certificate, key) = try self.identity(["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve)"])
        try TLSConfiguration(certificate: .pem(certificate), privateKey: .pem(key)).validate(for: .server)
    }

    @Test("Keys of other kinds are accepted, too", arguments: ["RSA", "RSA-PSS", "ED25519", "ED448"])
    func usualKinds(_ algorithm: String) throws {
        let (certificate, key) = try self.identity(["-algorithm", algorithm])
        try TLSConfiguration(certificate: .pem(certificate), privateKey: .pem(key)).validate(for: .server)
    }

    private static let names = "2.5.29.17"

    @Test("A subjectAltName that is broken, or there twice, and any other extension that is there twice")
    func extensions() throws {
        let authority = try TestAuthority()
        var request = CertificateRequest.server()
        request.additionalExtensions = [
            RawExtension(objectIdentifier: Self.names, value: [0x30, 0x03, 0x82, 0x01, 0x61])
        ]
        let doubled = try self.fault(authority.issue(request))
        #expect(doubled.message.contains("has the extension subjectAltName twice, in 'CN=localhost'"), "\(doubled)")
        request.alternativeNames = []
        try TLSConfiguration(certificate: .identity(authority.issue(request)), privateKey: .pem(PrivateKey().pem))
            .expectFault(.keyMismatch)
        request.additionalExtensions = [RawExtension(objectIdentifier: Self.names, value: [0x30, 0x7F, 1])]
        let broken = try self.fault(authority.issue(request))
        #expect(broken.message.contains("has a subjectAltName that cannot be decoded"), "\(broken)")
        request = .server()
        request.additionalExtensions = [1, 2].map {
            RawExtension(objectIdentifier: "1.2.3.4", value: [0x04, 0x01, $0])
        }
        let unknown = try self.fault(authority.issue(request))
        #expect(unknown.message.contains("has the extension 1.2.3.4 twice"), "\(unknown)")
    }

    @Test("A chain of more than 32 KiB, which peers do not take")
    func size() throws {
        let authority = try TestAuthority()
        var request = CertificateRequest.server()
        request.alternativeNames += (0..<2000).map { .dns("a-long-name-\($0).example") }
        let error = try self.fault(authority.issue(request))
        #expect(error.message.contains("bytes with its chain, and peers of this library accept 32 KiB"), "\(error)")
    }

    @Test("A date that cannot be read is called that, not 1970")
    func date() throws {
        let identity = try TestAuthority().issue(.server())
        let certificate = try #require(identity.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let broken = try #require(ASN1_STRING_type_new(V_ASN1_UTCTIME))
        defer { ASN1_STRING_free(broken) }
        ASN1_STRING_set(broken, "991399999999Z", -1)
        #expect(X509Text.readableDate(broken) == nil)
        #expect(X509Text.text(of: broken) == "an unreadable date")
        let context = try TLSContext(
            TLSConfiguration(trustRoots: .pem(identity.chainPEM)).settings,
            role: .client
        )
        X509_getm_notAfter(certificate.pointer).map { _ = ASN1_STRING_copy($0, broken) }
        let reader = CredentialReader(kind: .certificate, source: .pem([]), role: .client)
        let check = IdentityCheck(context: context, origin: reader, chain: [certificate])
        let error = try #require(throws: TLSError.self) { _ = try check.warnings() }
        #expect(error.message.contains("has a date that cannot be read"), "\(error)")
        #expect(!"\(error)".contains("1970"), "\(error)")
    }

    @Test("Above our own certificate an expired one only makes a warning: peers may know another way")
    func expiredAbove() throws {
        let authority = try TestAuthority()
        let identity = try authority.intermediate(validity: .expired).issue(.server())
        let configuration = TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        let warnings = try configuration.warnings(for: .server)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("certificate 2 in it has expired: 'CN=") == true, "\(warnings)")
        let good = try authority.issue(.server())
        let none = TLSConfiguration(certificate: .identity(good), privateKey: .identity(good))
        #expect(try none.warnings(for: .server) == [])
    }
}

extension TLSConfiguration {
    fileprivate func expectFault(_ cause: TLSError.Cause) throws {
        #expect(try #require(throws: TLSError.self) { try self.validate(for: .server) }.cause == cause)
    }
}

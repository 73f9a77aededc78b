import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

/// Answers as an authority's OCSP responder does, about one certificate.
struct Responder {
    enum Status { case good, revoked, unknown }

    /// Who signed the certificate.
    var issuer: Identity
    /// Who signs the response: the issuer, unless it is said.
    var signer: Identity?
    var status = Status.good
    /// Seconds from now.
    var begins = -3_600
    var ends: Int? = 3_600
    var digest: OpaquePointer? = EVP_sha1()

    init(_ issuer: Identity) { self.issuer = issuer }

    func answer(about certificate: TestCertificates.Certificate) throws -> [UInt8] {
        let signer = self.signer ?? self.issuer
        let subject = try self.x509(certificate)
        let issuerCertificate = try self.x509(self.issuer.certificate)
        let signerCertificate = try self.x509(signer.certificate)
        let key = try #require(signer.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
        let basic = try #require(OCSP_BASICRESP_new())
        defer { OCSP_BASICRESP_free(basic) }
        let name = try #require(OCSP_cert_to_id(self.digest, subject.pointer, issuerCertificate.pointer))
        defer { OCSP_CERTID_free(name) }
        let begin = ASN1_GENERALIZEDTIME_adj(nil, time(nil), 0, self.begins)
        let end = self.ends.flatMap { ASN1_GENERALIZEDTIME_adj(nil, time(nil), 0, $0) }
        defer {
            ASN1_GENERALIZEDTIME_free(begin)
            ASN1_GENERALIZEDTIME_free(end)
        }
        let isRevoked = self.status == .revoked
        let code =
            switch self.status {
            case .good: V_OCSP_CERTSTATUS_GOOD
            case .revoked: V_OCSP_CERTSTATUS_REVOKED
            case .unknown: V_OCSP_CERTSTATUS_UNKNOWN
            }
        let reason = isRevoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0
        try #require(OCSP_basic_add1_status(basic, name, code, reason, isRevoked ? begin : nil, begin, end) != nil)
        let flags = self.signer == nil ? UInt(OCSP_NOCERTS) : 0
        let sign = OCSP_basic_sign(basic, signerCertificate.pointer, key.pointer, EVP_sha256(), nil, flags)
        try #require(sign == 1)
        let response = try #require(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic))
        defer { OCSP_RESPONSE_free(response) }
        return Self.der(response)
    }

    /// What a responder says that has nothing to say.
    static func tryLater() throws -> [UInt8] {
        let response = try #require(OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nil))
        defer { OCSP_RESPONSE_free(response) }
        return Self.der(response)
    }

    private func x509(_ certificate: TestCertificates.Certificate) throws -> X509Certificate {
        try #require(certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
    }

    private static func der(_ response: OpaquePointer) -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_OCSP_RESPONSE(response, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: Int(max(0, count))))
    }
}

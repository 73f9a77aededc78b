import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

/// An X509_CRL*, signed by an authority.
final class RevocationList {
    let pointer: OpaquePointer

    /// - Parameters:
    ///   - beginsIn: When it was made, in seconds from now.
    ///   - endsIn: When the next list is due, in seconds from now.
    ///   - revoked: A certificate's serial number.
    init(by issuer: Identity, beginsIn: Int = -86_400, endsIn: Int = 7_200, revoked: Int? = nil) throws {
        self.pointer = try #require(X509_CRL_new())
        let certificate = try #require(issuer.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let key = try #require(issuer.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
        try #require(X509_CRL_set_version(self.pointer, 1) == 1)
        try #require(X509_CRL_set_issuer_name(self.pointer, X509_get_subject_name(certificate.pointer)) == 1)
        let (begin, end) = (ASN1_TIME_set(nil, time(nil) + beginsIn), ASN1_TIME_set(nil, time(nil) + endsIn))
        defer {
            ASN1_TIME_free(begin)
            ASN1_TIME_free(end)
        }
        try #require(X509_CRL_set1_lastUpdate(self.pointer, begin) == 1)
        try #require(X509_CRL_set1_nextUpdate(self.pointer, end) == 1)
        if let revoked {
            let entry = try #require(X509_REVOKED_new())
            let number = ASN1_INTEGER_new()
            defer { ASN1_INTEGER_free(number) }
            try #require(ASN1_INTEGER_set(number, revoked) == 1)
            try #require(X509_REVOKED_set_serialNumber(entry, number) == 1)
            try #require(X509_REVOKED_set_revocationDate(entry, begin) == 1)
            try #require(X509_CRL_add0_revoked(self.pointer, entry) == 1)
        }
        try #require(X509_CRL_sort(self.pointer) == 1)
        try #require(X509_CRL_sign(self.pointer, key.pointer, EVP_sha256()) > 0)
    }

    var der: [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509_CRL(self.pointer, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: Int(max(0, count))))
    }

    var pem: String {
        let lines = Data(self.der).base64EncodedString(options: .lineLength64Characters)
        return "-----BEGIN X509 CRL-----\n\(lines)\n-----END X509 CRL-----\n"
    }

    deinit { X509_CRL_free(self.pointer) }
}

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
    ///   - others: How many more there are on it, from 1,000,000 on.
    ///   - extensions: Of the list.
    ///   - entryExtensions: Of the entry of what is revoked.
    init(
        by issuer: Identity,
        beginsIn: Int = -86_400,
        endsIn: Int = 7_200,
        revoked: Int? = nil,
        others: Int = 0,
        extensions: [RawExtension] = [],
        entryExtensions: [RawExtension] = [],
        version: Int = 2
    ) throws {
        self.pointer = try #require(X509_CRL_new())
        let certificate = try #require(issuer.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let key = try #require(issuer.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
        try #require(X509_CRL_set_version(self.pointer, version - 1) == 1)
        try #require(X509_CRL_set_issuer_name(self.pointer, X509_get_subject_name(certificate.pointer)) == 1)
        let (begin, end) = (ASN1_TIME_set(nil, time(nil) + beginsIn), ASN1_TIME_set(nil, time(nil) + endsIn))
        defer {
            ASN1_TIME_free(begin)
            ASN1_TIME_free(end)
        }
        try #require(X509_CRL_set1_lastUpdate(self.pointer, begin) == 1)
        try #require(X509_CRL_set1_nextUpdate(self.pointer, end) == 1)
        for number in (revoked.map { [$0] } ?? []) + (0..<others).map({ 1_000_000 + $0 }) {
            let entry = try #require(X509_REVOKED_new())
            let serial = ASN1_INTEGER_new()
            defer { ASN1_INTEGER_free(serial) }
            try #require(ASN1_INTEGER_set(serial, number) == 1)
            try #require(X509_REVOKED_set_serialNumber(entry, serial) == 1)
            try #require(X509_REVOKED_set_revocationDate(entry, begin) == 1)
            if number == revoked {
                for element in entryExtensions {
                    try element.made { try #require(X509_REVOKED_add_ext(entry, $0, -1) == 1) }
                }
            }
            try #require(X509_CRL_add0_revoked(self.pointer, entry) == 1)
        }
        for element in extensions {
            try element.made { try #require(X509_CRL_add_ext(self.pointer, $0, -1) == 1) }
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

extension RawExtension {
    fileprivate func made(_ body: (OpaquePointer) throws -> Void) throws {
        let identifier = try #require(OBJ_txt2obj(self.objectIdentifier, 1))
        let value = try #require(ASN1_OCTET_STRING_new())
        defer {
            ASN1_OBJECT_free(identifier)
            ASN1_OCTET_STRING_free(value)
        }
        try #require(ASN1_OCTET_STRING_set(value, self.value, Int32(self.value.count)) == 1)
        let made = try #require(X509_EXTENSION_create_by_OBJ(nil, identifier, self.isCritical ? 1 : 0, value))
        defer { X509_EXTENSION_free(made) }
        try body(made)
    }
}

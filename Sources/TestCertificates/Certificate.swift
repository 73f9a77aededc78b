internal import COpenSSL

/// An X.509 certificate, as the bytes that it is.
public struct Certificate: Sendable, Hashable {
    public let der: [UInt8]

    public var pem: String { encodePEM("CERTIFICATE", der) }

    /// SHA-256 over the whole certificate, as `openssl x509 -fingerprint -sha256` prints it in hexadecimal.
    public var fingerprint: [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        SHA256(der, der.count, &digest)
        return digest
    }
}

extension Certificate {
    /// Decodes it for the length of the call.
    func withX509<Result>(
        _ body: (OpaquePointer) throws(CertificateError) -> Result
    ) throws(CertificateError) -> Result {
        let decoded = der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_X509(nil, &start, bytes.count)
        }
        let certificate = try require(decoded, "decode a certificate")
        defer { X509_free(certificate) }
        return try body(certificate)
    }
}

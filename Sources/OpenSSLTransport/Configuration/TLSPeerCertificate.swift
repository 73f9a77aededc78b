internal import COpenSSL

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A certificate that the other side showed, copied to Swift's values. Its texts are the peer's own: escape them before
/// they go anywhere a person reads them; `description` does.
public struct TLSPeerCertificate: Sendable, Hashable {
    /// Whom it is for, as RFC 2253 writes names: `CN=db1,O=Example`.
    public var subject: String
    /// Who signed it.
    public var issuer: String
    /// What it may be used as.
    public var subjectAlternativeNames: [SubjectAlternativeName]
    /// In hexadecimal, without leading zeros but for "0".
    public var serialNumber: String
    /// When its time begins.
    public var notBefore: Date
    /// When its time is over.
    public var notAfter: Date
    /// Of the whole certificate in DER.
    public var sha256Fingerprint: [UInt8]

    /// One name of a certificate's subjectAltName extension (RFC 5280, section 4.2.1.6).
    @nonexhaustive
    public enum SubjectAlternativeName: Sendable, Hashable {
        /// A host name, or a pattern of such.
        case dns(String)
        /// An IP address in its usual writing.
        case ip(String)
        /// A mail address.
        case email(String)
        /// SPIFFE identities among them.
        case uri(String)
        /// As RFC 2253 writes names.
        case directoryName(String)
        /// An object identifier in numbers.
        case registeredID(String)
        /// Another kind of name, or one whose bytes are not what its kind may have (a NUL, for example): never equal to
        /// a well-formed name.
        case other(kind: String, bytes: [UInt8])
    }
}

extension TLSPeerCertificate {
    /// - Parameter certificate: an X509*, which is only read.
    init(_ certificate: OpaquePointer) {
        self.subject = X509Text.name(X509_get_subject_name(certificate))
        self.issuer = X509Text.name(X509_get_issuer_name(certificate))
        self.subjectAlternativeNames = SubjectAlternativeName.all(of: certificate)
        self.serialNumber = X509Text.serialNumber(certificate)
        self.notBefore = X509Text.date(X509_get0_notBefore(certificate))
        self.notAfter = X509Text.date(X509_get0_notAfter(certificate))
        self.sha256Fingerprint = X509Text.sha256Fingerprint(certificate)
    }
}

extension TLSPeerCertificate: CustomStringConvertible {
    /// Subject, issuer, names, serial number, validity and fingerprint in one line of bounded length.
    public var description: String {
        let names = self.subjectAlternativeNames
        let shown = names.prefix(8).map { "\($0)" }.joined(separator: ", ")
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        return "'\(EscapedText(self.subject))' (issued by '\(EscapedText(self.issuer))', for [\(shown)]\(more), serial "
            + "\(EscapedText(self.serialNumber, limit: 48)), valid \(X509Text.text(self.notBefore)) to "
            + "\(X509Text.text(self.notAfter)), SHA-256 \(X509Text.hexadecimal(self.sha256Fingerprint)))"
    }
}

extension TLSPeerCertificate.SubjectAlternativeName: CustomStringConvertible {
    public var description: String {
        switch self {
        case .dns(let name): "DNS:\(EscapedText(name))"
        case .ip(let address): "IP:\(EscapedText(address))"
        case .email(let address): "email:\(EscapedText(address))"
        case .uri(let uri): "URI:\(EscapedText(uri))"
        case .directoryName(let name): "directory:\(EscapedText(name))"
        case .registeredID(let identifier): "ID:\(EscapedText(identifier))"
        case .other(let kind, let bytes): "\(kind):\(EscapedText(bytes: bytes))"
        }
    }
}

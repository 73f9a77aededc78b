internal import COpenSSL

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A certificate that the other side showed. Its texts are the peer's own: escape them before they go anywhere a person
/// reads them; `description` does.
///
/// It holds OpenSSL's structure, and makes each property when it is asked for: most servers never look at most of them.
public struct TLSPeerCertificate: Sendable, Hashable {
    private let certificate: SharedCertificate

    /// - Parameters:
    ///   - certificate: an X509*, which stays the caller's.
    ///   - library: What it was decoded in: its configuration's. Nil for OpenSSL's default.
    init(_ certificate: OpaquePointer, in library: LibraryContext?) {
        self.certificate = SharedCertificate(certificate, in: library)
    }

    /// Whom it is for, as RFC 2253 writes names: `CN=db1,O=Example`.
    public var subject: String { self.certificate.read { X509Text.name(X509_get_subject_name($0)) } }
    /// Who signed it.
    public var issuer: String { self.certificate.read { X509Text.name(X509_get_issuer_name($0)) } }
    /// What it may be used as.
    public var subjectAlternativeNames: [SubjectAlternativeName] {
        self.certificate.read { SubjectAlternativeName.all(of: $0) }
    }
    /// In hexadecimal, without leading zeros but for "0".
    public var serialNumber: String { self.certificate.read { X509Text.serialNumber($0) } }
    /// When its time begins.
    public var notBefore: Date { self.certificate.read { X509Text.date(X509_get0_notBefore($0)) } }
    /// When its time is over.
    public var notAfter: Date { self.certificate.read { X509Text.date(X509_get0_notAfter($0)) } }
    /// Of the whole certificate in DER.
    public var sha256Fingerprint: [UInt8] { self.certificate.read { X509Text.sha256Fingerprint($0) } }

    /// Of the public key with its algorithm (SubjectPublicKeyInfo in DER), as pins have it; empty if OpenSSL cannot read it.
    public var sha256PublicKey: [UInt8] {
        let library = self.certificate.library
        return self.certificate.read {
            X509_get0_pubkey($0).map { X509Text.sha256OfPublicKey($0, in: library) } ?? []
        }
    }
    /// Its SPIFFE identity, for example `spiffe://example.org/db`; nil unless it has exactly one URI, and that is one
    /// (SPIFFE X.509-SVID, section 2).
    public var spiffeID: String? {
        let uris = self.subjectAlternativeNames.filter {
            switch $0 {
            case .uri: true
            case .other(let kind, _): kind == "URI"
            default: false
            }
        }
        guard uris.count == 1, case .uri(let uri)? = uris.first, uri.hasPrefix("spiffe://"), uri.utf8.count <= 2048
        else { return nil }
        return uri
    }

    /// Two are equal if all their bytes are.
    public static func == (left: TLSPeerCertificate, right: TLSPeerCertificate) -> Bool {
        left.sha256Fingerprint == right.sha256Fingerprint
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.sha256Fingerprint) }

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
        /// A name of a kind that its object identifier tells, in numbers, and its value in DER: a user's principal name in
        /// Active Directory is a UTF8String of the type `1.3.6.1.4.1.311.20.2.3`.
        case otherName(type: String, value: [UInt8])
        /// Another kind of name, or one whose bytes are not what its kind may have (a NUL, for example): never equal to
        /// a well-formed name.
        case other(kind: String, bytes: [UInt8])
    }
}

extension TLSPeerCertificate: CustomStringConvertible {
    /// Subject, issuer, names, serial number, validity and fingerprint in one line of bounded length.
    public var description: String {
        let names = self.subjectAlternativeNames
        let shown = names.prefix(8).map { "\($0)" }.joined(separator: ", ")
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        return "'\(EscapedText(self.subject))' (issued by '\(EscapedText(self.issuer))', for [\(shown)]\(more), serial "
            + "\(EscapedText(self.serialNumber, limit: 48)), valid \(self.certificate.read { X509Text.text(of: X509_get0_notBefore($0)) }) to "
            + "\(self.certificate.read { X509Text.text(of: X509_get0_notAfter($0)) }), SHA-256 \(X509Text.hexadecimal(self.sha256Fingerprint)))"
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
        case .otherName(let type, let value): "other \(EscapedText(type)):\(EscapedText(bytes: value))"
        case .other(let kind, let bytes): "\(kind):\(EscapedText(bytes: bytes))"
        }
    }
}

/// What a certificate is to say. The defaults make an honest one; every fault that a test needs is one property away.
///
/// | for a certificate that is …          | say                                                         |
/// |--------------------------------------|-------------------------------------------------------------|
/// | expired, not valid yet               | `validity = .expired`, `.notYet`                            |
/// | for another host                     | `.server(hosts: ["other.example"])`                         |
/// | for a common name alone              | `.server(commonName: "localhost", hosts: [])`               |
/// | for a URI alone                      | `alternativeNames = [.uri("spiffe://example/db")]`          |
/// | for another purpose                  | `purposes = [.codeSigning]`                                 |
/// | not as strict verifiers want it      | `hasKeyIdentifiers = false`                                 |
/// | weak                                 | `key = .rsa(bits: 1024)` or `signatureDigest = .sha1`       |
/// | hostile to logs and terminals        | `commonName = "db\0\n\u{1B}[2J"`, the same in `.dns(…)`     |
/// | hostile to parsers                   | `alternativeNames = [.raw(tag: 0x87, [1, 2, 3])]`           |
public struct CertificateRequest: Sendable {
    /// The subject's only attribute. Goes in as it is, byte by byte; the empty text makes an empty subject.
    public var commonName: String
    /// No extension at all when empty.
    public var alternativeNames: [AlternativeName]
    /// The extended key usages; no extension at all when empty, which allows every purpose.
    public var purposes: [Purpose]
    public var validity: Validity
    public var key: KeyKind
    /// Whether it may sign other certificates.
    public var isAuthority: Bool
    /// How many authorities may stand below it, if it is one; any number when nil.
    public var maximumPathLength: Int? = nil
    /// The serial number, big-endian; a random positive number of 128 bits when nil.
    public var serialNumber: [UInt8]?
    /// What the issuer hashes before it signs; what suits the issuer's key when nil. Ed25519 has no choice.
    public var signatureDigest: SignatureDigest?
    /// Whether it says which key it is for, and which one has signed it; RFC 5280 wants both (section 4.2.1.1).
    public var hasKeyIdentifiers: Bool = true
    /// Extensions beside the usual ones, for anything that has no property here.
    public var additionalExtensions: [RawExtension]

    public init(
        commonName: String,
        alternativeNames: [AlternativeName] = [],
        purposes: [Purpose] = [],
        validity: Validity = .days(397),
        key: KeyKind = .p256,
        isAuthority: Bool = false,
        serialNumber: [UInt8]? = nil,
        signatureDigest: SignatureDigest? = nil,
        additionalExtensions: [RawExtension] = []
    ) {
        self.commonName = commonName
        self.alternativeNames = alternativeNames
        self.purposes = purposes
        self.validity = validity
        self.key = key
        self.isAuthority = isAuthority
        self.serialNumber = serialNumber
        self.signatureDigest = signatureDigest
        self.additionalExtensions = additionalExtensions
    }
}

extension CertificateRequest {
    /// The names under which a test on one machine reaches its server.
    public static let localHosts = ["localhost", "127.0.0.1", "::1"]

    /// For a TLS server that is reached under these host names and IP addresses. The common name is the first of them
    /// unless it is named.
    public static func server(
        commonName: String? = nil,
        hosts: [String] = localHosts,
        key: KeyKind = .p256,
        validity: Validity = .days(397)
    ) -> CertificateRequest {
        CertificateRequest(
            commonName: commonName ?? hosts.first ?? "",
            alternativeNames: hosts.map(AlternativeName.init(host:)),
            purposes: [.server],
            validity: validity,
            key: key
        )
    }

    /// For a TLS client of this name, which is also its DNS name where `alternativeNames` says nothing else.
    public static func client(
        commonName: String = "client",
        alternativeNames: [AlternativeName]? = nil,
        key: KeyKind = .p256,
        validity: Validity = .days(397)
    ) -> CertificateRequest {
        CertificateRequest(
            commonName: commonName,
            alternativeNames: alternativeNames ?? [.dns(commonName)],
            purposes: [.client],
            validity: validity,
            key: key
        )
    }
}

/// What a certificate may be used for (RFC 5280, section 4.2.1.12).
public enum Purpose: String, Sendable, Hashable {
    case server = "serverAuth"
    case client = "clientAuth"
    /// Neither end of TLS: for certificates that must be refused.
    case codeSigning
    /// To answer for the issuer whether its certificates are revoked (RFC 6960, section 4.2.2.2).
    case ocspSigning = "OCSPSigning"
}

/// The hash function under a signature.
public enum SignatureDigest: String, Sendable, Hashable {
    /// Refused by every current TLS library.
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha384 = "SHA384"
}

/// An extension of a certificate as it stands there.
public struct RawExtension: Sendable, Hashable {
    /// In dots, such as `2.5.29.17` for subject alternative names.
    public var objectIdentifier: String
    /// A verifier that does not know a critical extension must refuse the certificate.
    public var isCritical: Bool
    /// The content in DER, or anything else.
    public var value: [UInt8]

    public init(objectIdentifier: String, isCritical: Bool = false, value: [UInt8]) {
        self.objectIdentifier = objectIdentifier
        self.isCritical = isCritical
        self.value = value
    }
}

internal import COpenSSL

/// What a file or bytes should hold.
enum CredentialKind: String {
    case certificate = "certificate"
    case privateKey = "private key"
    case trustRoots = "trust roots"
    case revocationLists = "revocation lists"

    /// The most bytes that are read of a file: a bundle of roots has a few hundred KiB.
    var limit: Int {
        switch self {
        case .certificate, .privateKey: 1_048_576
        case .trustRoots, .revocationLists: 16 * 1_048_576
        }
    }

    /// What it should hold, after "no".
    var singular: String {
        switch self {
        case .certificate, .trustRoots: "certificate"
        case .privateKey: "private key"
        case .revocationLists: "revocation list"
        }
    }

    /// What PEM has after BEGIN.
    var pemLabel: String { self == .revocationLists ? "X509 CRL" : self.singular.uppercased() }
}

/// What bytes are, if they are not what they should be.
struct FoundContent: Equatable {
    /// After "holds".
    var name: String
    private var hint: String

    init(pemLabel label: String, for kind: CredentialKind) {
        switch label {
        case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST": self = .certificateRequest
        case "PKCS7", "CMS": self = .pkcs7
        case PEMBlock.revocationListLabel: self = .revocationList
        case "PUBLIC KEY", "RSA PUBLIC KEY": self = .publicKey
        case "OPENSSH PRIVATE KEY": self = .openSSHKey
        default:
            let block = PEMBlock(label: label, line: 0, range: 0..<0)
            if block.isPrivateKey {
                self = .privateKey
            } else if block.isCertificate {
                self = .certificate
            } else {
                self.init(
                    name: PEMLabel.known.contains(label)
                        ? "PEM of the kind \(PEMLabel(label))" : "PEM of an unknown kind",
                    hint: "Name a file with a \(kind.singular) in it."
                )
            }
        }
    }

    /// One whole DER object of a kind that people mix up; nil if it is none of them.
    init?(der bytes: UnsafeRawBufferPointer) {
        for (found, decode) in Self.decoders where decode(bytes) {
            self = found
            return
        }
        return nil
    }

    /// What to do, where something of this kind is asked for.
    func hint(for kind: CredentialKind) -> String {
        switch (self, kind) {
        case (.certificate, .revocationLists):
            "Name the list that the authority publishes; the authority itself belongs into trustRoots."
        case (.privateKey, .trustRoots), (.privateKey, .revocationLists): "A private key belongs into privateKey alone."
        case (.revocationList, .privateKey): "Name the private key instead, and the list as revocationLists."
        default: self.hint
        }
    }

    private init(name: String, hint: String) {
        self.name = name
        self.hint = hint
    }

    static let certificate = FoundContent(
        name: "a certificate",
        hint: "Check that certificate and privateKey are not swapped."
    )
    static let privateKey = FoundContent(
        name: "a private key",
        hint: "Check that certificate and privateKey are not swapped."
    )
    static let certificateRequest = FoundContent(
        name: "a certificate request",
        hint: "Have an authority sign it, and name the certificate that comes back."
    )
    static let pkcs12 = FoundContent(
        name: "PKCS#12",
        hint: "Give it as certificate or trustRoots, and from memory with .pkcs12(…)."
    )
    static let pkcs7 = FoundContent(
        name: "PKCS#7",
        hint: "Convert it to PEM: openssl pkcs7 -in FILE -print_certs -out NEWFILE"
    )
    static let pkcs7InDER = FoundContent(
        name: "PKCS#7",
        hint: "Convert it to PEM: openssl pkcs7 -inform DER -in FILE -print_certs -out NEWFILE"
    )
    static let revocationList = FoundContent(
        name: "a revocation list",
        hint: "Name the certificate instead, and the list as revocationLists."
    )
    static let publicKey = FoundContent(name: "a public key", hint: "Name the file of the certificate or private key.")
    static let openSSHKey = FoundContent(
        name: "a private key in OpenSSH's own form",
        hint: "Convert a copy of it: ssh-keygen -p -m PKCS8 -f FILE"
    )

    /// Of ed25519, ssh-keygen knows no other form.
    static let openSSHKeyBoundToForm = FoundContent(
        name: "a private key in OpenSSH's own form, of a kind that ssh-keygen writes in no other",
        hint: "Make a key for TLS, and have it signed: openssl genpkey -algorithm ED25519 -out NEWFILE"
    )

    private typealias Decoder = (UnsafeRawBufferPointer) -> Bool

    private static var decoders: [(FoundContent, Decoder)] {
        [
            (.certificate, { Self.decodes($0, d2i_X509, X509_free) }),
            (.certificateRequest, { Self.decodes($0, d2i_X509_REQ, X509_REQ_free) }),
            (.pkcs12, { Self.decodes($0, d2i_PKCS12, PKCS12_free) }),
            (.pkcs7InDER, { Self.decodes($0, { d2i_PKCS7($0, $1, $2) }, { PKCS7_free($0) }) }),
            (.revocationList, { Self.decodes($0, d2i_X509_CRL, X509_CRL_free) }),
            (.privateKey, { Self.decodes($0, d2i_X509_SIG, X509_SIG_free) }),
            (.privateKey, { Self.decodes($0, d2i_AutoPrivateKey, EVP_PKEY_free) }),
            (.publicKey, { Self.decodes($0, d2i_PUBKEY, EVP_PKEY_free) }),
        ]
    }

    private static func decodes<Object>(
        _ bytes: UnsafeRawBufferPointer,
        _ decode: (UnsafeMutablePointer<Object?>?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, Int) -> Object?,
        _ free: (Object?) -> Void
    ) -> Bool {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let object = decode(nil, &next, bytes.count) else { return false }
        free(object)
        return true
    }
}

// Where certificates and keys come from. Each kind is a type of its own, so that a key cannot be given as a certificate;
// beneath, all are the same ways.

/// A file, bytes in memory, or a store.
enum CredentialSource: Sendable {
    case file(String)
    case pem([UInt8])
    /// One object of ASN.1 DER each.
    case der([[UInt8]])
    case pkcs12([UInt8])
    case store(StoreURI)
}

extension TLSConfiguration {
    /// A certificate, followed by the intermediate ones that lead to the authority, in the order of signing.
    ///
    /// A string literal is the path of a file, PEM, DER or PKCS#12. Paths are relative to the working directory.
    public struct CertificateChain: Sendable, ExpressibleByStringLiteral {
        let source: CredentialSource
        private(set) var passphrase: String?

        /// A file of at most 1 MiB, PEM, DER or PKCS#12.
        public static func file(_ path: String) -> Self { .init(source: .file(path)) }
        /// PEM text in memory.
        public static func pem(_ text: String) -> Self { .init(source: .pem(Array(text.utf8))) }
        /// PEM bytes in memory.
        public static func pem(_ bytes: [UInt8]) -> Self { .init(source: .pem(bytes)) }
        /// One certificate in DER.
        public static func der(_ certificate: [UInt8]) -> Self { .init(source: .der([certificate])) }
        /// Certificates in DER.
        public static func der(_ certificates: [[UInt8]]) -> Self { .init(source: .der(certificates)) }
        /// A PFX of PKCS#12: certificate, intermediate ones and usually the key, which `passphrase` opens. In it the order
        /// does not matter.
        public static func pkcs12(_ bytes: [UInt8]) -> Self { .init(source: .pkcs12(bytes)) }
        /// What a store has at this URI (ossl_store(7)): `pkcs11:token=db;object=tls;type=cert` or `file:/etc/tls/db.pem`, for
        /// example. The order does not matter; without a `privateKey` the key is looked for there, too.
        ///
        /// Unless it is a file, the store's provider has to be named in ``Providers``. It is opened when a configuration is
        /// validated or first used, and may take long: never on an event loop. `passphrase` answers what it asks for, a PIN for
        /// instance; nothing prompts.
        public static func store(_ uri: String) -> Self { .init(source: .store(StoreURI(uri))) }

        /// The same, opened by a passphrase or PIN of its own instead of the configuration's; at most 1,023 bytes of UTF-8.
        public func opened(by passphrase: String) -> Self {
            var copy = self
            copy.passphrase = passphrase
            return copy
        }

        /// The file at this path.
        public init(stringLiteral path: String) { self.init(source: .file(path)) }
        private init(source: CredentialSource) { self.source = source }
    }

    /// A private key: PKCS#8, encrypted or not, or the older forms of RSA and EC keys.
    ///
    /// A string literal is the path of a file, PEM, DER or PKCS#12. Paths are relative to the working directory.
    public struct PrivateKey: Sendable, ExpressibleByStringLiteral {
        let source: CredentialSource
        private(set) var passphrase: String?

        /// A file of at most 1 MiB, PEM, DER or PKCS#12.
        public static func file(_ path: String) -> Self { .init(source: .file(path)) }
        /// PEM text in memory.
        public static func pem(_ text: String) -> Self { .init(source: .pem(Array(text.utf8))) }
        /// PEM bytes in memory.
        public static func pem(_ bytes: [UInt8]) -> Self { .init(source: .pem(bytes)) }
        /// A key in DER.
        public static func der(_ key: [UInt8]) -> Self { .init(source: .der([key])) }
        /// The key of a PFX of PKCS#12.
        public static func pkcs12(_ bytes: [UInt8]) -> Self { .init(source: .pkcs12(bytes)) }
        /// The key that a store has at this URI (ossl_store(7)), `pkcs11:token=db;object=tls` for example: it may be one that
        /// never leaves its token. Of several that of the certificate is taken, the first one where order counts.
        /// Unless it is a file, the store's provider has to be named in ``Providers``.
        /// A token that was opened once stays open for the whole process, until it ends.
        ///
        /// The store is opened when a configuration is validated or first used, and may take long: never on an event loop.
        /// `passphrase` answers what it asks for, a PIN for instance; nothing prompts.
        public static func store(_ uri: String) -> Self { .init(source: .store(StoreURI(uri))) }

        /// The same, opened by a passphrase or PIN of its own instead of the configuration's; at most 1,023 bytes of UTF-8.
        public func opened(by passphrase: String) -> Self {
            var copy = self
            copy.passphrase = passphrase
            return copy
        }

        /// The file at this path.
        public init(stringLiteral path: String) { self.init(source: .file(path)) }
        private init(source: CredentialSource) { self.source = source }
    }

    /// The certificates to trust, from one source or, written as an array, from several.
    ///
    /// A string literal is the path of a file, PEM or DER. Paths are relative to the working directory.
    public struct TrustRoots: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        enum Source: Sendable {
            case system
            case credential(CredentialSource, passphrase: String? = nil)
            case directory(String)
        }

        let sources: [Source]

        /// The system's bundle: `SSL_CERT_FILE` or `SSL_CERT_DIR` if set, else where OpenSSL and the distributions keep it.
        public static let system = TrustRoots(sources: [.system])
        /// A file of at most 16 MiB, PEM, DER or PKCS#12.
        public static func file(_ path: String) -> Self { .init(sources: [.credential(.file(path))]) }
        /// All files in a directory that hold certificates, PEM or DER, whatever they are called. Hidden ones are not read,
        /// nor are directories in it, text, keys and revocation lists. A file that is empty or cut off, or may not be read, is an
        /// error, so that none of those whom one trusts is missing in silence; a reload keeps the old ones then.
        public static func directory(_ path: String) -> Self { .init(sources: [.directory(path)]) }
        /// PEM text in memory.
        public static func pem(_ text: String) -> Self { .init(sources: [.credential(.pem(Array(text.utf8)))]) }
        /// PEM bytes in memory.
        public static func pem(_ bytes: [UInt8]) -> Self { .init(sources: [.credential(.pem(bytes))]) }
        /// One certificate in DER.
        public static func der(_ certificate: [UInt8]) -> Self { .init(sources: [.credential(.der([certificate]))]) }
        /// Certificates in DER.
        public static func der(_ certificates: [[UInt8]]) -> Self { .init(sources: [.credential(.der(certificates))]) }
        /// All certificates of a PFX of PKCS#12, which the configuration's `passphrase` opens, or its own
        /// (``opened(by:)``).
        public static func pkcs12(_ bytes: [UInt8]) -> Self { .init(sources: [.credential(.pkcs12(bytes))]) }
        /// All certificates that a store has at this URI (ossl_store(7)); see ``CertificateChain/store(_:)``.
        public static func store(_ uri: String) -> Self { .init(sources: [.credential(.store(StoreURI(uri)))]) }

        /// The same, of which all that has no passphrase or PIN of its own yet is opened by this one, instead of the
        /// configuration's; at most 1,023 bytes of UTF-8.
        public func opened(by passphrase: String) -> Self {
            Self(
                sources: self.sources.map { source in
                    guard case .credential(let credential, nil) = source else { return source }
                    return .credential(credential, passphrase: passphrase)
                }
            )
        }

        /// The file at this path.
        public init(stringLiteral path: String) { self.init(sources: [.credential(.file(path))]) }
        /// All of these.
        public init(arrayLiteral roots: TrustRoots...) { self.init(roots) }
        /// All of `roots` together.
        public init(_ roots: [TrustRoots]) { self.init(sources: roots.flatMap(\.sources)) }
        private init(sources: [Source]) { self.sources = sources }
    }
}

// Keys and whole certificates do not belong in logs: only where they come from is printed.

extension CredentialSource: CustomStringConvertible {
    var description: String {
        switch self {
        case .file(let path): Self.place(path)
        case .pem: "PEM text in memory"
        case .der: "DER bytes in memory"
        case .pkcs12: "PKCS#12 in memory"
        case .store(let uri): "the store '\(uri)'"
        }
    }

    /// A path as it may be printed: a key that somebody gave in its place, a common slip, is not.
    static func place(_ path: String) -> String {
        if isPEMText(path) { return "PEM text given as a file's path" }
        return isLikeBase64(path) ? "what looks like base64 given as a file's path" : "'\(EscapedText(path))'"
    }

    var isPEMTextAsPath: Bool {
        guard case .file(let path) = self else { return false }
        return Self.isPEMText(path)
    }

    private static func isPEMText(_ path: String) -> Bool {
        path.contains("-----BEGIN") || path.contains("-----END") || path.contains("\n")
    }

    /// The shortest key in DER has 48 bytes, and 64 characters in base64; few paths are as long without a dot or a dash. Such
    /// a one is read like any other, and only not printed. A key may have been flattened: its line ends are spaces then, or
    /// two characters each.
    private static func isLikeBase64(_ path: String) -> Bool {
        let text = path.replacing("\\n", with: "").replacing("\\r", with: "")
        return text.utf8.count >= 40
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: " "):
                    true
                case UInt8(ascii: "/"): true
                default: false
                }
            } && (text.utf8.count >= 64 || !text.contains("/"))
    }
}

extension TLSConfiguration.CertificateChain: CustomStringConvertible, CustomReflectable {
    public var description: String { "certificate from \(self.source)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension TLSConfiguration.PrivateKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "private key from \(self.source)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension TLSConfiguration.TrustRoots: CustomStringConvertible, CustomReflectable {
    public var description: String {
        "trust roots from "
            + self.sources.map { source in
                switch source {
                case .system: "the system"
                case .credential(let credential, _): "\(credential)"
                case .directory(let path): "the directory \(CredentialSource.place(path))"
                }
            }.joined(separator: ", ")
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension TLSConfiguration: CustomStringConvertible, CustomReflectable {
    public var description: String {
        let settings = self.settings
        let parts = [
            settings.certificate.map { "\($0)" }, settings.privateKey.map { "\($0)" },
            settings.trustRoots.map { "\($0)" },
        ]
        return "TLSConfiguration(\(parts.compactMap { $0 }.joined(separator: ", ")))"
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

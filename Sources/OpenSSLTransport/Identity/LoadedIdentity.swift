internal import COpenSSL

/// A certificate with its chain and key, read and checked.
///
/// Safe to share: OpenSSL counts references to all of it with locks of its own, and after `init` it is only read.
final class LoadedIdentity: @unchecked Sendable {
    /// The certificate's and, behind it, all that came with it, as it was read.
    let certificates: [X509Certificate]
    let key: KeyHandle
    /// For which names a server shows it; lower case.
    let names: [String]
    let ocspResponse: TLSConfiguration.OCSPResponse?
    /// What may make peers refuse it.
    let warnings: [String]
    /// What is sent: the certificate and those behind it, but for a root, which tells a peer nothing that it could believe and
    /// costs it time to decode.
    let sent: ArraySlice<X509Certificate>
    /// A STACK_OF(X509): what is sent behind the certificate.
    private let chain: OpaquePointer?

    init(
        _ certificates: [X509Certificate],
        _ key: KeyHandle,
        _ identity: TLSConfiguration.Identity,
        warnings: [String] = [],
        in library: LibraryContext?
    ) {
        self.certificates = certificates
        self.key = key
        self.ocspResponse = identity.ocspResponse
        self.warnings = warnings
        let names = identity.serverNames ?? certificates.first.map { Self.names(of: $0, library) } ?? []
        self.names = names.map { $0.lowercased() }
        let endsInRoot = certificates.count > 1 && certificates.last.map { X509_self_signed($0.pointer, 0) } == 1
        self.sent = endsInRoot ? certificates.dropLast() : certificates[...]
        self.chain = COpenSSL_stack_of_X509_new()
        for certificate in self.sent.dropFirst() { COpenSSL_stack_of_X509_push(self.chain, certificate.pointer) }
    }

    deinit { COpenSSL_stack_of_X509_free(self.chain) }

    /// OpenSSL keeps one certificate for each.
    var keyKind: String { self.key.kind }

    /// The certificate itself, an X509*.
    var leaf: OpaquePointer? { self.certificates.first?.pointer }

    /// - Parameter context: An SSL_CTX, which keeps this one beside those with keys of other kinds.
    func use(in context: OpaquePointer) -> Bool {
        SSL_CTX_use_cert_and_key(context, self.leaf, self.key.pointer, self.chain, 1) == 1
    }

    /// - Parameter ssl: An SSL*, likewise.
    func use(in ssl: OpaquePointer, clearing: Bool) -> Bool {
        if clearing { SSL_certs_clear(ssl) }
        return SSL_use_cert_and_key(ssl, self.leaf, self.key.pointer, self.chain, 1) == 1
    }

    private static func names(of certificate: X509Certificate, _ library: LibraryContext?) -> [String] {
        TLSPeerCertificate(certificate.pointer, in: library).subjectAlternativeNames.compactMap {
            if case .dns(let name) = $0 { name } else { nil }
        }
    }
}

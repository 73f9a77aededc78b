internal import COpenSSL

/// The peer's certificate and who vouches for it, up to one that is trusted.
struct VerifiedChain {
    /// X509*s that belong to the session.
    let pointers: [OpaquePointer]
    private let library: LibraryContext?

    /// - Parameters:
    ///   - ssl: A session whose peer has shown a certificate, or has not.
    ///   - isVerified: If not, only the peer's own certificate counts: OpenSSL builds a chain of others, too, as far as it
    ///     comes.
    init(of ssl: OpaquePointer, isVerified: Bool = true) {
        self.init(
            leaf: SSL_get0_peer_certificate(ssl),
            isVerified ? SSL_get0_verified_chain(ssl) : nil,
            of: ssl
        )
    }

    /// - Parameters:
    ///   - leaf: The peer's certificate, an X509*.
    ///   - stack: A STACK_OF(X509) that begins with it.
    init(leaf: OpaquePointer?, _ stack: OpaquePointer?, of ssl: OpaquePointer) {
        self.library = LibraryContext.of(ssl)
        let count = COpenSSL_stack_of_X509_count(stack)
        if count > 1, let leaf, !Self.isTrusted(leaf, by: ssl) {
            self.pointers = (0..<count).compactMap { COpenSSL_stack_of_X509_value(stack, $0) }
        } else {
            self.pointers = leaf.map { [$0] } ?? []
        }
    }

    var certificates: [TLSPeerCertificate] { self.pointers.map { TLSPeerCertificate($0, in: self.library) } }

    /// Who signed the peer's certificate, an X509*; nil if that is trusted by itself.
    var issuer: OpaquePointer? { self.pointers.count > 1 ? self.pointers[1] : nil }

    /// Whether a certificate is a trusted one itself. OpenSSL builds on, even so, with whatever issuers the peer has sent, who
    /// are none that anybody trusts.
    private static func isTrusted(_ certificate: OpaquePointer, by ssl: OpaquePointer) -> Bool {
        guard let store = SSL_get_SSL_CTX(ssl).flatMap({ SSL_CTX_get_cert_store($0) }), let wanted = X509_OBJECT_new()
        else { return false }
        defer { X509_OBJECT_free(wanted) }
        guard X509_OBJECT_set1_X509(wanted, certificate) == 1, X509_STORE_lock(store) == 1 else { return false }
        defer { X509_STORE_unlock(store) }
        return X509_OBJECT_retrieve_match(X509_STORE_get0_objects(store), wanted) != nil
    }
}

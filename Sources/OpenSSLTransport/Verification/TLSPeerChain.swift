internal import COpenSSL

/// The chain of a peer's certificates that OpenSSL has verified, for a check of one's own.
public struct TLSPeerChain: Sendable {
    /// Our own role: the peer is the other one.
    public var role: TLSRole
    /// The peer's own certificate first, then who signed it, up to one that is trusted.
    public var certificates: [TLSPeerCertificate]

    /// The peer's own certificate.
    public var peer: TLSPeerCertificate? { self.certificates.first }
}

extension TLSPeerChain {
    /// - Parameter stack: a STACK_OF(X509), or nothing.
    init(_ stack: OpaquePointer?, role: TLSRole) {
        let certificates = (0..<COpenSSL_stack_of_X509_count(stack)).compactMap {
            COpenSSL_stack_of_X509_value(stack, $0).map { TLSPeerCertificate($0) }
        }
        self.init(role: role, certificates: certificates)
    }

    /// What a handshake has verified; nil if the peer has shown no certificate.
    init?(verifiedBy ssl: OpaquePointer, role: TLSRole) {
        guard let leaf = SSL_get0_peer_certificate(ssl) else { return nil }
        self.init(SSL_get0_verified_chain(ssl), role: role)
        if self.certificates.isEmpty { self.certificates = [TLSPeerCertificate(leaf)] }
    }
}

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
    /// What a handshake has verified; nil if the peer has shown no certificate.
    init?(verifiedBy ssl: OpaquePointer, role: TLSRole) {
        let certificates = VerifiedChain(of: ssl).certificates
        guard !certificates.isEmpty else { return nil }
        self.init(role: role, certificates: certificates)
    }
}

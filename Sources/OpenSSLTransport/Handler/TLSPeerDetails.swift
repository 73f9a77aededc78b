internal import COpenSSL

/// What a handshake has shown beside what it agreed on, for diagnosis. Collected only when asked for, since copying
/// certificates takes time.
public struct TLSPeerDetails: Sendable, Hashable {
    /// The certificates as the peer sent them, its own first; empty if it sent none.
    public var sentChain: [TLSPeerCertificate]
    /// The chain that was verified, from the peer's certificate to the one that is trusted; where it does not verify, as far
    /// as it could be built.
    public var verifiedChain: [TLSPeerCertificate]
    /// What is wrong with the chain; nil if nothing is. A client that does not insist on a good one gets here with a bad one.
    public var fault: TLSError.Verification?
    /// The name or IP address that a client expects the server to have, whether it insists on that or not.
    public var expectedName: String?
    /// Whether the server's certificate is for that name; nil if there is none.
    public var isForExpectedName: Bool?
    /// Whether the server has asked its client for a certificate.
    public var isClientCertificateRequested: Bool
    /// The authorities whose certificates it would take, as RFC 2253 writes names; at most 64, and none if it named none.
    public var requestedAuthorities: [String]
    /// Our own certificate, shown if we were asked for one.
    public var ownCertificate: TLSPeerCertificate?
    /// Whether the server has sent a ticket to resume the session with. In TLS 1.3 it comes after the handshake.
    public var hasTicket: Bool
    /// Whether the server has sent an OCSP response along with its certificate; it does so only if it was asked, see
    /// ``TLSConfiguration/OCSPStapling``.
    public var hasOCSPResponse: Bool
}

extension TLSConnection {
    /// What the handshake has shown so far. To be called on the channel's event loop.
    ///
    /// - Returns: nil before the handshake is over, and after the connection has failed or was closed.
    package func peerDetails() -> TLSPeerDetails? {
        guard let session = self.session, SSL_is_init_finished(session.ssl) == 1 else { return nil }
        let name = try? PeerName(self.tls.settings.serverName ?? self.host ?? "")
        return TLSPeerDetails(session.ssl, role: self.tls.role, expectedName: self.tls.role == .client ? name : nil)
    }
}

extension TLSPeerDetails {
    init(_ ssl: OpaquePointer, role: TLSRole, expectedName: PeerName?) {
        let library = LibraryContext.of(ssl)
        let leaf = SSL_get0_peer_certificate(ssl)
        let sent = Self.certificates(SSL_get_peer_cert_chain(ssl), library)
        // Only a client's list begins with the peer's own (SSL_get_peer_cert_chain(3)).
        self.sentChain = role == .client ? sent : (leaf.map { [TLSPeerCertificate($0, in: library)] } ?? []) + sent
        self.verifiedChain = Self.certificates(SSL_get0_verified_chain(ssl), library)
        self.fault = VerificationFault(of: ssl).map {
            TLSError.Verification(code: Int($0.code), depth: Int($0.depth))
        }
        self.expectedName = expectedName?.description
        self.isForExpectedName = leaf.flatMap { leaf in expectedName.map { Self.names(leaf, $0) } }
        self.isClientCertificateRequested = CertificateRequested.by(ssl)
        let authorities = role == .client ? SSL_get0_peer_CA_list(ssl) : nil
        self.requestedAuthorities = (0..<COpenSSL_stack_of_X509_NAME_count(authorities)).prefix(64).map {
            X509Text.name(COpenSSL_stack_of_X509_NAME_value(authorities, $0))
        }
        self.ownCertificate = SSL_get_certificate(ssl).map { TLSPeerCertificate($0, in: library) }
        self.hasTicket = SSL_get_session(ssl).map { SSL_SESSION_has_ticket($0) == 1 } ?? false
        var response: UnsafePointer<UInt8>?
        self.hasOCSPResponse = role == .client && COpenSSL_SSL_get_tlsext_status_ocsp_resp(ssl, &response) > 0
        ERR_clear_error()  // looking may have failed, which is nobody's error
    }

    private static func certificates(_ chain: OpaquePointer?, _ library: LibraryContext?) -> [TLSPeerCertificate] {
        (0..<COpenSSL_stack_of_X509_count(chain)).prefix(16).compactMap {
            COpenSSL_stack_of_X509_value(chain, $0).map { TLSPeerCertificate($0, in: library) }
        }
    }

    /// By the rules of a handshake that verifies.
    private static func names(_ certificate: OpaquePointer, _ name: PeerName) -> Bool {
        switch name {
        case .dns(let name):
            let flags = UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
            return X509_check_host(certificate, name, name.utf8.count, flags, nil) == 1
        case .ip(let bytes):
            return X509_check_ip(certificate, bytes, bytes.count, 0) == 1
        }
    }
}

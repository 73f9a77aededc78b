internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What a handshake agreed on, and with whom: copied once at its end.
///
/// Printing it escapes and cuts what came from the peer.
public struct TLSConnectionInformation: Sendable, Hashable {
    /// Our side.
    public var role: TLSRole
    /// For example `TLSv1.3`.
    public var version: String
    /// OpenSSL's name of the cipher suite, for example `TLS_AES_128_GCM_SHA256`.
    public var cipher: String
    /// The key exchange's group, for example `X25519`; nil if OpenSSL does not tell.
    public var group: String?
    /// What ALPN chose; nil if nothing was offered or chosen.
    public var applicationProtocol: String?
    /// The name that a client asked for (SNI); on a server it is what the peer claims to have dialled.
    public var serverName: String?
    /// The peer's certificate; nil if it has shown none. On a client that does not verify it may be anybody's.
    public var peerCertificate: TLSPeerCertificate? { self.peerChain.first }
    /// The peer's certificate, then who signed it, up to the one that is trusted; empty if it has shown none.
    ///
    /// The peer's own alone where the session was resumed, since nobody keeps the others for that, and where nothing is
    /// verified, since nobody vouches for them then.
    public var peerChain: [TLSPeerCertificate]
    /// Whether the peer's certificate was shown and verified up to a trust root.
    public var isPeerVerified: Bool
    /// The DNS name or IP address of the server that its certificate was verified to carry; nil on a server, and where
    /// the name was not verified.
    public var verifiedName: String?
    /// Whether it went on from an earlier session, whose certificates and names count for it too; see
    /// ``TLSConfiguration/Resumption``.
    public var isResumed: Bool

    /// - Parameter ssl: a session whose handshake is complete.
    init(ssl: OpaquePointer) {
        self.role = SSL_is_server(ssl) == 1 ? .server : .client
        self.version = SSL_get_version(ssl).map { String(cString: $0) } ?? ""
        self.cipher = COpenSSL_SSL_get_cipher_name(ssl).map { String(cString: $0) } ?? ""
        self.group = Self.groupName(ssl)
        self.applicationProtocol = Self.applicationProtocol(ssl)
        self.serverName = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
        let certificate = SSL_get0_peer_certificate(ssl)
        self.isResumed = SSL_session_reused(ssl) == 1
        // Also 0, X509_V_OK, where there is no certificate at all.
        let isVerified = certificate != nil && SSL_get_verify_result(ssl) == Int(X509_V_OK)
        self.isPeerVerified = isVerified && SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER != 0
        self.peerChain = VerifiedChain(of: ssl, isVerified: self.isPeerVerified).certificates
        self.verifiedName = self.isPeerVerified && self.role == .client ? Self.nameVerified(ssl) : nil
        ERR_clear_error()  // looking may leave entries that are nobody's error
    }

    private static func groupName(_ ssl: OpaquePointer) -> String? {
        let identifier = Int32(truncatingIfNeeded: COpenSSL_SSL_get_negotiated_group(ssl))
        guard identifier > 0 else { return nil }
        // Groups newer than OpenSSL's numbers for them (X25519MLKEM768) have but a name.
        if identifier & TLSEXT_nid_unknown != 0 { return Self.newGroupName?(ssl).map { String(cString: $0) } }
        return (EC_curve_nid2nist(identifier) ?? OBJ_nid2sn(identifier)).map { String(cString: $0) }
    }

    /// SSL_get0_group_name, which OpenSSL has since 3.2: looked up, so that one program runs on older ones too.
    private static var newGroupName: (@convention(c) (OpaquePointer) -> UnsafePointer<CChar>?)? {
        #if canImport(Darwin)
            let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: -2), "SSL_get0_group_name")
        #else
            let symbol = dlsym(nil, "SSL_get0_group_name")
        #endif
        return symbol.map { unsafeBitCast($0, to: (@convention(c) (OpaquePointer) -> UnsafePointer<CChar>?).self) }
    }

    private static func applicationProtocol(_ ssl: OpaquePointer) -> String? {
        var bytes: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &bytes, &length)
        guard let bytes, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
    }

    private static func nameVerified(_ ssl: OpaquePointer) -> String? {
        guard let parameters = SSL_get0_param(ssl) else { return nil }
        // A session that is resumed is one that was verified for the very name that is asked for again.
        let isVerified = SSL_get0_peername(ssl) != nil || SSL_session_reused(ssl) == 1
        if isVerified, let host = X509_VERIFY_PARAM_get0_host(parameters, 0) {
            return String(cString: host)
        }
        guard let address = X509_VERIFY_PARAM_get1_ip_asc(parameters) else { return nil }
        defer { COpenSSL_OPENSSL_free(address) }
        return PeerName.canonical(String(cString: address))
    }
}

extension TLSConnectionInformation: CustomStringConvertible {
    public var description: String {
        var parts = [self.version, self.cipher]
        if let group = self.group { parts.append(group) }
        if let name = self.applicationProtocol { parts.append("ALPN '\(EscapedText(name))'") }
        if let name = self.verifiedName { parts.append("verified as '\(EscapedText(name))'") }
        if let certificate = self.peerCertificate {
            parts.append("\(self.isPeerVerified ? "peer" : "unverified peer") \(certificate)")
        } else {
            parts.append("peer without certificate")
        }
        return parts.joined(separator: ", ")
    }
}

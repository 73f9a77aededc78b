internal import COpenSSL

/// What a session can still tell about its failure. Everything from the peer leaves it escaped and cut.
struct FailedSession {
    let ssl: OpaquePointer?
    let role: TLSRole
    let phase: TLSError.Phase

    /// The other side, as a word.
    var peer: String { self.role == .client ? "server" : "client" }
    var isHandshake: Bool { self.phase == .handshake || self.phase == .configuration }

    var verificationFault: VerificationFault? { self.ssl.flatMap { VerificationFault(of: $0) } }
    var notes: ContextNotes? { self.ssl.flatMap { SSL_get_SSL_CTX($0) }.flatMap { ContextNotes.of($0) } }

    /// The certificate at a depth of the chain that was verified; the peer's own where there is no chain.
    func certificate(at depth: Int32) -> TLSPeerCertificate? {
        guard let ssl = self.ssl else { return nil }
        let chain = SSL_get0_verified_chain(ssl)
        if depth >= 0, depth < COpenSSL_stack_of_X509_count(chain),
            let certificate = COpenSSL_stack_of_X509_value(chain, depth)
        {
            return TLSPeerCertificate(certificate)
        }
        return depth == 0 ? SSL_get0_peer_certificate(ssl).map(TLSPeerCertificate.init) : nil
    }

    /// What the certificate had to name: the DNS name, or the IP address.
    var expectedName: (text: String, isAddress: Bool)? {
        guard let parameters = self.ssl.flatMap({ SSL_get0_param($0) }) else { return nil }
        if let host = X509_VERIFY_PARAM_get0_host(parameters, 0) { return (String(cString: host), false) }
        guard let address = X509_VERIFY_PARAM_get1_ip_asc(parameters) else { return nil }
        defer { COpenSSL_OPENSSL_free(address) }
        return (PeerName.canonical(String(cString: address)), true)
    }

    /// How our own certificate calls itself, for when the peer refuses it.
    var ownSubject: String? {
        self.ssl.flatMap { SSL_get_certificate($0) }
            .map { EscapedText(X509Text.name(X509_get_subject_name($0))).description }
    }

    var numberOfTrustRoots: Int {
        guard let store = self.ssl.flatMap({ SSL_get_SSL_CTX($0) }).flatMap({ SSL_CTX_get_cert_store($0) }) else {
            return 0
        }
        return Int(COpenSSL_stack_of_X509_OBJECT_count(X509_STORE_get0_objects(store)))
    }

    /// The authorities that a server has named to its clients; as the client has received them, or the server sent them.
    var namedAuthorities: [String] {
        guard let ssl = self.ssl else { return [] }
        let names = self.role == .client ? SSL_get0_peer_CA_list(ssl) : SSL_get_client_CA_list(ssl)
        return (0..<COpenSSL_stack_of_X509_NAME_count(names)).prefix(4).map {
            "'\(EscapedText(X509Text.name(COpenSSL_stack_of_X509_NAME_value(names, $0)), limit: 96))'"
        }
    }

    var ownCiphers: [String] {
        guard let ssl = self.ssl else { return [] }
        return (0..<64).lazy.map { SSL_get_cipher_list(ssl, $0) }.prefix { $0 != nil }
            .compactMap { $0.map { String(cString: $0) } }
    }

    /// As far as OpenSSL knows them; only on a server.
    var peerCiphers: [String] {
        guard let ssl = self.ssl, self.role == .server else { return [] }
        let ciphers = SSL_get_client_ciphers(ssl)
        return (0..<COpenSSL_stack_of_SSL_CIPHER_count(ciphers)).prefix(64).compactMap {
            COpenSSL_stack_of_SSL_CIPHER_value(ciphers, $0).flatMap { SSL_CIPHER_get_name($0) }
                .map { String(cString: $0) }
        }
    }

    var ownVersions: String {
        guard let ssl = self.ssl else { return "our versions" }
        let minimum = TLSVersion(rawValue: Int(COpenSSL_SSL_get_min_proto_version(ssl)))
        let maximum = TLSVersion(rawValue: Int(COpenSSL_SSL_get_max_proto_version(ssl))) ?? .tls13
        guard let minimum else { return "at most \(maximum)" }
        return minimum == maximum ? "only \(minimum)" : "\(minimum) to \(maximum)"
    }

    /// Whether the peer has sent anything that was TLS.
    var hasHeardNothing: Bool {
        guard let ssl = self.ssl else { return false }
        switch SSL_get_state(ssl) {
        case TLS_ST_BEFORE, TLS_ST_CW_CLNT_HELLO: return true
        default: return false
        }
    }
}

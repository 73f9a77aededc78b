internal import COpenSSL

/// What a session can still tell about its failure. Everything from the peer leaves it escaped and cut.
struct FailedSession {
    let ssl: OpaquePointer?
    let role: TLSRole
    let phase: TLSError.Phase
    /// A chain that was built after the handshake, and counts instead of the session's own.
    var laterChain: OpaquePointer?
    /// Whether the chain was built from the peer's own certificate alone: a resumed session has no other.
    var hasOnlyLeaf = false
    /// What was found after the handshake.
    var laterFault: VerificationFault?

    /// The other side, as a word.
    var peer: String { self.role == .client ? "server" : "client" }
    var isHandshake: Bool { self.phase == .handshake || self.phase == .configuration }

    var verificationFault: VerificationFault? { self.laterFault ?? self.ssl.flatMap { VerificationFault(of: $0) } }
    var notes: ContextNotes? { self.ssl.flatMap { SSL_get_SSL_CTX($0) }.flatMap { ContextNotes.of($0) } }

    var library: LibraryContext? { self.ssl.flatMap { LibraryContext.of($0) } }

    var isTLS13: Bool { self.ssl.map { SSL_version($0) == TLS1_3_VERSION } ?? false }

    /// The X509* at a depth of the chain that was verified; the peer's own where there is no chain.
    func x509(at depth: Int32) -> OpaquePointer? {
        guard let ssl = self.ssl else { return nil }
        let chain = self.laterChain ?? SSL_get0_verified_chain(ssl)
        if depth >= 0, depth < COpenSSL_stack_of_X509_count(chain) { return COpenSSL_stack_of_X509_value(chain, depth) }
        return depth == 0 ? SSL_get0_peer_certificate(ssl) : nil
    }

    func certificate(at depth: Int32) -> TLSPeerCertificate? {
        self.x509(at: depth).map { TLSPeerCertificate($0, in: self.library) }
    }

    /// How many certificates may stand between the peer's own and a trust root.
    var maximumChainDepth: Int { self.ssl.map { Int(SSL_get_verify_depth($0)) } ?? 0 }

    /// What the certificate had to name: the DNS name, or the IP address.
    var expectedName: (text: String, isAddress: Bool)? {
        guard let parameters = self.ssl.flatMap({ SSL_get0_param($0) }) else { return nil }
        if let host = X509_VERIFY_PARAM_get0_host(parameters, 0) { return (String(cString: host), false) }
        guard let address = X509_VERIFY_PARAM_get1_ip_asc(parameters) else { return nil }
        defer { COpenSSL_OPENSSL_free(address) }
        return (PeerName.canonical(String(cString: address)), true)
    }

    /// What a client has asked for (SNI).
    var askedName: String? {
        self.ssl.flatMap { SSL_get_servername($0, TLSEXT_NAMETYPE_host_name) }.map { String(cString: $0) }
            ?? self.expectedName?.text
    }

    /// Our own certificate, an X509*, for when the peer refuses it.
    var ownCertificate: OpaquePointer? { self.ssl.flatMap { SSL_get_certificate($0) } }

    var ownSubject: String? {
        self.ownCertificate.map { EscapedText(X509Text.name(X509_get_subject_name($0))).description }
    }

    /// `EC`, `RSA`, `ED25519`, …
    var ownKeyKind: String? {
        self.ownCertificate.flatMap { X509_get0_pubkey($0) }.flatMap { EVP_PKEY_get0_type_name($0) }
            .map { String(cString: $0) }
    }

    /// How our certificate is signed, as OpenSSL calls it.
    var ownSignature: String? {
        self.ownCertificate.flatMap { OBJ_nid2sn(X509_get_signature_nid($0)) }.map { String(cString: $0) }
    }

    var numberOfTrustRoots: Int {
        guard let store = self.ssl.flatMap({ SSL_get_SSL_CTX($0) }).flatMap({ SSL_CTX_get_cert_store($0) }) else {
            return 0
        }
        // Revocation lists are in it, too.
        let objects = X509_STORE_get0_objects(store)
        return (0..<COpenSSL_stack_of_X509_OBJECT_count(objects)).count {
            X509_OBJECT_get0_X509(COpenSSL_stack_of_X509_OBJECT_value(objects, $0)) != nil
        }
    }

    /// The authorities that a server has named to its clients; as the client has received them, or the server sent them.
    var namedAuthorities: [String] {
        guard let ssl = self.ssl else { return [] }
        let names = self.role == .client ? SSL_get0_peer_CA_list(ssl) : SSL_get_client_CA_list(ssl)
        return (0..<COpenSSL_stack_of_X509_NAME_count(names)).prefix(4).map {
            "'\(EscapedText(X509Text.name(COpenSSL_stack_of_X509_NAME_value(names, $0)), limit: 96))'"
        }
    }

    var ownMaximumVersion: TLSVersion {
        self.ssl.flatMap { TLSVersion(rawValue: Int(COpenSSL_SSL_get_max_proto_version($0))) } ?? .tls13
    }

    var ownVersions: String {
        guard let ssl = self.ssl else { return "our versions" }
        let minimum = TLSVersion(rawValue: Int(COpenSSL_SSL_get_min_proto_version(ssl)))
        let maximum = self.ownMaximumVersion
        guard let minimum else { return "at most \(maximum)" }
        return minimum == maximum ? "only \(minimum)" : "\(minimum) to \(maximum)"
    }

    /// How much OpenSSL has taken of what the peer sent: its state after a failure is not the same in each release.
    var heardByteCount: Int { self.ssl.flatMap { SSL_get_rbio($0) }.map { Int(clamping: BIO_number_read($0)) } ?? .max }
}

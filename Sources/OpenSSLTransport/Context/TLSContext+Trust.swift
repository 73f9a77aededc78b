internal import COpenSSL

// Whom we believe, and how far.

extension TLSContext {
    func loadTrust() throws(TLSError) {
        try self.checkTrustSettings()
        let roots = try self.trustedCertificates()
        guard let store = SSL_CTX_get_cert_store(self.pointer) else {
            throw self.invalid("OpenSSL has no store of certificates", codes: OpenSSLErrorQueue.drain())
        }
        for root in roots where X509_STORE_add_cert(store, root.pointer) != 1 {
            throw self.invalid("OpenSSL refuses a trusted certificate", codes: OpenSSLErrorQueue.drain())
        }
        guard VerificationOrder.apply(to: store) else {
            throw self.invalid("OpenSSL has no memory left", codes: OpenSSLErrorQueue.drain())
        }
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(self.pointer), self.chainFlags(roots))
        SSL_CTX_set_verify(self.pointer, self.verifyMode, VerificationFault.callback)
        if self.role == .server, self.verifyMode != SSL_VERIFY_NONE { self.announceAuthorities(roots) }
    }

    /// How far chains may differ from what RFC 5280 describes (X509_V_FLAG_…).
    private func chainFlags(_ roots: [X509Certificate]) -> UInt {
        var flags: Int32 = 0
        // What is named as trusted is trusted, be it a root, an intermediate authority or the peer's very certificate:
        // without this flag a chain must end in a certificate that signed itself, as all must where no other is trusted. A
        // trusted certificate that is not an authority's still vouches for nothing but itself, since OpenSSL checks that
        // whoever signs may sign. Names decide: a root with its own name that OpenSSL does not take for one is none here either.
        let areRoots = roots.allSatisfy {
            X509_NAME_cmp(X509_get_subject_name($0.pointer), X509_get_issuer_name($0.pointer)) == 0
        }
        if !areRoots { flags |= X509_V_FLAG_PARTIAL_CHAIN }
        if self.settings.verification == .strict { flags |= X509_V_FLAG_X509_STRICT }
        return UInt(flags)
    }

    /// What a server asks of its clients: to name trust roots is to mean them.
    private var clientCertificates: TLSConfiguration.ClientCertificates {
        guard self.settings.clientCertificates == .automatic else { return self.settings.clientCertificates }
        return self.settings.trustRoots == nil ? .none : .required
    }

    var verifyMode: Int32 {
        switch (self.role, self.clientCertificates) {
        case (.client, _): self.settings.verification == .dangerouslyNone ? SSL_VERIFY_NONE : SSL_VERIFY_PEER
        case (.server, .none): SSL_VERIFY_NONE
        case (.server, .optional): SSL_VERIFY_PEER
        case (.server, .required), (.server, .automatic): SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
        }
    }

    private func checkTrustSettings() throws(TLSError) {
        guard self.role == .server, self.clientCertificates != .none else { return }
        if self.settings.trustRoots == nil {
            throw TLSError.configuration(
                .noTrustRoots,
                self.role,
                "client certificates are \(self.clientCertificates), but there are no trust roots to verify them with",
                hint:
                    "Give the certificate of your clients' authority as trustRoots (or .system, if you mean everybody)."
            )
        }
        if self.settings.verification == .dangerouslyNone {
            throw self.invalid(
                "client certificates are \(self.clientCertificates), but verification is dangerouslyNone",
                hint: "Leave verification at .full, or set clientCertificates to .none."
            )
        }
    }

    private func trustedCertificates() throws(TLSError) -> [X509Certificate] {
        guard let roots = self.settings.trustRoots ?? self.defaultTrustRoots else { return [] }
        var certificates: [X509Certificate] = []
        for source in roots.sources {
            switch source {
            case .system: certificates += try SystemTrust.current.certificates(role: self.role, in: self.library)
            case .directory(let path):
                certificates += try TrustDirectory(path: path).certificates(role: self.role, in: self.library)
            case .credential(let source, let passphrase):
                certificates += try self.reader(of: source, as: .trustRoots, passphrase: passphrase).certificates()
            }
        }
        guard !certificates.isEmpty else {
            throw TLSError.configuration(
                .noTrustRoots,
                self.role,
                "the list of trust roots is empty",
                hint: "Name at least one file, or leave trustRoots out."
            )
        }
        return certificates
    }

    private var defaultTrustRoots: TLSConfiguration.TrustRoots? {
        self.role == .client && self.settings.verification != .dangerouslyNone ? .system : nil
    }

    /// Tells clients which authorities' certificates are worth sending. A system's bundle would not fit, and says nothing.
    private func announceAuthorities(_ roots: [X509Certificate]) {
        var names: Set<String> = []
        let distinct = roots.filter { names.insert(X509Text.name(X509_get_subject_name($0.pointer))).inserted }
        guard distinct.count <= 64 else { return }
        for root in distinct { SSL_CTX_add_client_CA(self.pointer, root.pointer) }
    }
}

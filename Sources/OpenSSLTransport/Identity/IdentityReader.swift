internal import COpenSSL

/// Reads one certificate of ours with its key, and checks it as far as that can be done without a peer.
struct IdentityReader {
    let context: TLSContext
    let identity: TLSConfiguration.Identity

    func read() throws(TLSError) -> LoadedIdentity {
        let certificates = self.reader(
            of: self.identity.certificate.source,
            as: .certificate,
            self.identity.certificate.passphrase
        )
        let found = try certificates.certificates()
        // Where order says which certificate is ours, only its key will do.
        let key = try self.privateKey(
            of: certificates.isOrdered ? Array(found.prefix(1)) : found,
            beside: certificates
        )
        // Where order says nothing; a mismatch is explained below.
        let chain = certificates.isOrdered ? found : ChainOrder.chain(of: key, among: found) ?? found
        let check = IdentityCheck(context: self.context, origin: certificates, chain: chain)
        let warnings = try check.warnings()
        try self.check(key, matches: chain, certificates)
        let loaded = LoadedIdentity(chain, key, self.identity, warnings: warnings, in: self.context.library)
        try check.checkSize(of: loaded.sent)
        try self.checkUse(of: loaded, certificates)
        return loaded
    }

    private func reader(
        of source: CredentialSource,
        as kind: CredentialKind,
        _ passphrase: String?
    ) -> CredentialReader {
        CredentialReader(
            kind: kind,
            source: source,
            role: self.context.role,
            passphrase: passphrase ?? self.identity.passphrase,
            library: self.context.library
        )
    }

    private func privateKey(
        of candidates: [X509Certificate],
        beside certificates: CredentialReader
    ) throws(TLSError) -> KeyHandle {
        if let key = self.identity.privateKey {
            return try self.reader(of: key.source, as: .privateKey, key.passphrase).privateKey(of: candidates)
        }
        guard try certificates.holdsPrivateKey() else {
            throw certificates.fault(
                .privateKeyMissing,
                "comes without a private key",
                hint: "Give its key as privateKey, or put it into the same PEM file."
            )
        }
        return try certificates.beside(as: .privateKey).privateKey(of: candidates)
    }

    private func check(
        _ key: KeyHandle,
        matches chain: [X509Certificate],
        _ origin: CredentialReader
    ) throws(TLSError) {
        guard let leaf = chain.first, X509_check_private_key(leaf.pointer, key.pointer) != 1 else { return }
        let codes = OpenSSLErrorQueue.drain()
        let other = chain.firstIndex { X509_check_private_key($0.pointer, key.pointer) == 1 }
        ERR_clear_error()
        let keyPlace = self.reader(of: self.identity.privateKey?.source ?? origin.source, as: .privateKey, nil).place
        throw origin.fault(
            .keyMismatch,
            "is for another key (\(self.publicKeyText(of: leaf))) than \(keyPlace) holds "
                + "(\(key.kind), SHA-256 of the public key \(X509Text.hexadecimal(X509Text.sha256OfPublicKey(key.pointer, in: self.context.library))))",
            hint: other.map { "The key is certificate \($0 + 1)'s of the file: put that one first." }
                ?? "Give the key with which the certificate was requested.",
            certificate: TLSPeerCertificate(leaf.pointer, in: self.context.library),
            codes: codes
        )
    }

    private func publicKeyText(of certificate: X509Certificate) -> String {
        guard let key = X509_get0_pubkey(certificate.pointer) else { return "unknown" }
        let kind = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
        return
            "\(kind), SHA-256 of the public key \(X509Text.hexadecimal(X509Text.sha256OfPublicKey(key, in: self.context.library)))"
    }

    /// Whether OpenSSL takes it, of which it makes sure where it does no harm.
    private func checkUse(of loaded: LoadedIdentity, _ origin: CredentialReader) throws(TLSError) {
        ERR_clear_error()
        guard let ssl = SSL_new(self.context.pointer) else { throw self.refused(origin, loaded.certificates.first) }
        defer { SSL_free(ssl) }
        guard loaded.use(in: ssl, clearing: true) else {
            throw self.refused(origin, loaded.certificates.first)
        }
    }

    private func refused(_ origin: CredentialReader, _ certificate: X509Certificate?) -> TLSError {
        let codes = OpenSSLErrorQueue.drain()
        let reasons = codes.map(OpenSSLReason.init)
        let subject =
            certificate.map { EscapedText(X509Text.name(X509_get_subject_name($0.pointer))).description } ?? ""
        if reasons.contains(where: \.saysTooWeak) {
            let bits = certificate.flatMap { X509_get0_pubkey($0.pointer) }.map { EVP_PKEY_get_bits($0) } ?? 0
            return origin.fault(
                .certificateTooWeak,
                "is too weak for OpenSSL's security level \(SSL_CTX_get_security_level(self.context.pointer)): the key of "
                    + "'\(subject)' has \(bits) bits, or its signature uses an old digest",
                hint: "Make a key of EC P-256, or RSA with 2048 bits or more, and have it signed with SHA-256.",
                certificate: certificate.map { TLSPeerCertificate($0.pointer, in: self.context.library) },
                codes: codes
            )
        }
        return origin.fault(
            .invalidConfiguration,
            "is refused by OpenSSL ('\(subject)')",
            hint: "Use an EC, RSA or Ed25519 key.",
            codes: codes
        )
    }
}

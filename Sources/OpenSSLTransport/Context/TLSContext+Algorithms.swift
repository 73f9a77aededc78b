internal import COpenSSL

// Lists of algorithms by name. OpenSSL takes a list whole or not at all, and often without a word about what was wrong
// with it: so the error says here which name it was.

extension TLSContext {
    func applyAlgorithms() throws(TLSError) {
        let algorithms = self.settings.algorithms
        try self.applySecurityLevel(algorithms.securityLevel)
        guard !algorithms.isSystemPolicy else { return }
        let recommended = TLSConfiguration.Algorithms.recommended
        try self.use(algorithms.cipherSuites, recommended.cipherSuites, dispensable: "CHACHA20") {
            (names) throws(TLSError) in try self.use(cipherSuites: names)
        }
        try self.use(algorithms.tls12Ciphers, recommended.tls12Ciphers, dispensable: "CHACHA20") {
            (names) throws(TLSError) in try self.use(tls12Ciphers: names)
        }
        if !self.useKeyShares(of: self.notes.groups) { try self.use(groups: self.notes.groups) }
        if !algorithms.signatureAlgorithms.isEmpty {
            try self.use(signatureAlgorithms: algorithms.signatureAlgorithms)
        }
    }

    /// The groups that will be used: of the default ones those that the library has; a list of somebody's own as it is.
    ///
    /// - Parameter context: An SSL_CTX to try them on.
    static func groups(_ algorithms: TLSConfiguration.Algorithms, on context: OpaquePointer) -> [String] {
        guard algorithms.groups == TLSConfiguration.Algorithms.recommended.groups else { return algorithms.groups }
        ERR_clear_error()
        defer { ERR_clear_error() }
        let known = algorithms.groups.filter { COpenSSL_SSL_CTX_set1_groups_list(context, $0) == 1 }
        return known.isEmpty ? algorithms.groups : known
    }

    /// A client guesses which group the server will choose, and sends its half of the exchange along. OpenSSL guesses the
    /// first; for the new hybrid that would cost a round trip with each server that lacks it, so the second is sent as well.
    /// The syntax for that is as old as the group, see SSL_CTX_set1_groups_list(3).
    private func useKeyShares(of groups: [String]) -> Bool {
        guard groups == TLSConfiguration.Algorithms.recommended.groups else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        let list = groups.enumerated().map { $0.offset < 2 ? "*\($0.element)" : $0.element }.joined(separator: ":")
        return COpenSSL_SSL_CTX_set1_groups_list(self.pointer, list) == 1
    }

    /// A FIPS provider has no ChaCha20. What is recommended is taken as far as it goes; who names it means it.
    private func use(
        _ names: [String],
        _ recommended: [String],
        dispensable: String,
        _ use: ([String]) throws(TLSError) -> Void
    ) throws(TLSError) {
        do throws(TLSError) {
            try use(names)
        } catch {
            guard names == recommended else { throw error }
            try use(names.filter { !$0.contains(dispensable) })
        }
    }

    private func applySecurityLevel(_ level: Int?) throws(TLSError) {
        // Distributions choose 2, OpenSSL before 3.2 chose 1.
        let least = max(2, Int(SSL_CTX_get_security_level(self.pointer)))
        if let level, !(2...5).contains(level) {
            throw self.invalid("the security level is \(level)", hint: "Give one from 2 to 5, or leave it out.")
        }
        SSL_CTX_set_security_level(self.pointer, Int32(max(least, level ?? 0)))
    }

    private func use(cipherSuites: [String]) throws(TLSError) {
        try self.apply(cipherSuites, "cipher suite of TLS 1.3", "TLS_AES_128_GCM_SHA256") { list in
            // What it does not know it may leave out without a word.
            SSL_CTX_set_ciphersuites(self.pointer, list) == 1
                && list.split(separator: ":").allSatisfy { name in self.ciphers.contains { $0.name == name } }
        }
    }

    private func use(tls12Ciphers: [String]) throws(TLSError) {
        // OpenSSL leaves out what it does not know, and takes commands ("@SECLEVEL=0", "!…", several names in one) for names:
        // so each is tried alone.
        func isName(_ text: String) -> Bool {
            text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-_".contains($0)) }
                && text.first?.isLetter == true
        }
        for name in tls12Ciphers where isName(name) && SSL_CTX_set_cipher_list(self.pointer, name) == 1 {
            guard let weak = self.ciphers.first(where: { !$0.isSafe }) else { continue }
            throw self.invalid(
                "the cipher '\(EscapedText(name, limit: 64))' of TLS 1.2 stands for \(weak.name), which lacks forward secrecy, "
                    + "authentication or both",
                hint: "Name ECDHE ciphers with AES-GCM or ChaCha20-Poly1305."
            )
        }
        try self.apply(tls12Ciphers, "cipher of TLS 1.2", "ECDHE+AESGCM") { list in
            list.split(separator: ":").allSatisfy {
                isName(String($0)) && SSL_CTX_set_cipher_list(self.pointer, String($0)) == 1
            } && SSL_CTX_set_cipher_list(self.pointer, list) == 1
        }
    }

    /// What the context offers now, in all versions.
    private var ciphers: [(name: String, isSafe: Bool)] {
        let stack = SSL_CTX_get_ciphers(self.pointer)
        return (0..<COpenSSL_stack_of_SSL_CIPHER_count(stack)).compactMap { index in
            guard let cipher = COpenSSL_stack_of_SSL_CIPHER_value(stack, index) else { return nil }
            let hasForwardSecrecy = [NID_kx_any, NID_kx_ecdhe, NID_kx_dhe].contains(SSL_CIPHER_get_kx_nid(cipher))
            let isAuthenticated =
                SSL_CIPHER_is_aead(cipher) == 1 && SSL_CIPHER_get_auth_nid(cipher) != NID_auth_null
            let name = SSL_CIPHER_get_name(cipher).map { String(cString: $0) } ?? "?"
            return (name, hasForwardSecrecy && isAuthenticated)
        }
    }

    func use(groups: [String]) throws(TLSError) {
        try self.apply(groups, "key exchange group", "X25519, P-256 or P-384") {
            COpenSSL_SSL_CTX_set1_groups_list(self.pointer, $0) == 1
        }
    }

    func use(signatureAlgorithms: [String]) throws(TLSError) {
        try self.apply(signatureAlgorithms, "signature algorithm", "ecdsa_secp256r1_sha256 or rsa_pss_rsae_sha256") {
            COpenSSL_SSL_CTX_set1_sigalgs_list(self.pointer, $0) == 1
        }
    }

    private func apply(
        _ names: [String],
        _ kind: String,
        _ examples: String,
        _ apply: (String) -> Bool
    ) throws(TLSError) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        // A colon within a name would make it two.
        let isWhole = !names.isEmpty && !names.contains { $0.isEmpty || $0.contains(":") || $0.utf8.contains(0) }
        if isWhole, apply(names.joined(separator: ":")) { return }
        let codes = OpenSSLErrorQueue.drain()
        let library = OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "3"
        guard !names.isEmpty else {
            throw self.invalid("the list of \(kind)s is empty", hint: "Name at least one: \(examples), for example.")
        }
        let culprit = names.first { $0.isEmpty || $0.contains(":") || $0.utf8.contains(0) || !apply($0) }
        throw self.invalid(
            culprit.map { "OpenSSL \(library) knows no \(kind) '\(EscapedText($0, limit: 64))'" }
                ?? "OpenSSL \(library) does not take the \(kind)s "
                + names.map { "'\(EscapedText($0, limit: 64))'" }.joined(separator: ", "),
            hint: "Check its spelling, \(examples) for example, and what openssl.cnf and its providers allow.",
            codes: codes
        )
    }
}

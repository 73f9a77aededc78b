internal import COpenSSL

// Lists of algorithms by name. OpenSSL takes a list whole or not at all, and often without a word about what was wrong
// with it: so the error says here which name it was.

extension TLSContext {
    /// The key exchange's groups, best first.
    static let groups = ["X25519", "P-256", "P-384"]

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

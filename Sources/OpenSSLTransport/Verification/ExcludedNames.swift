internal import COpenSSL

/// Names that an authority in a chain may not issue certificates for, and the wildcards that would let it.
///
/// OpenSSL compares a wildcard with them as if it were a name of its own: an authority that may not issue `bar.example.com`
/// could issue `*.example.com`, which counts for that. The kind is that of CVE-2025-61727.
struct ExcludedNames {
    /// DNS names in lower case, without a dot at either end.
    private(set) var names: [String] = []

    init(_ names: [String]) { self.names = names.map { Self.plain($0) } }

    /// Those of all authorities of a chain, a STACK_OF(X509) with the peer's certificate first.
    init(_ chain: OpaquePointer?) {
        for index in 0..<COpenSSL_stack_of_X509_count(chain) where index > 0 {
            guard let certificate = COpenSSL_stack_of_X509_value(chain, index),
                let value = X509_get_ext_d2i(certificate, NID_name_constraints, nil, nil)
            else { continue }
            let constraints = value.assumingMemoryBound(to: NAME_CONSTRAINTS.self)
            defer { NAME_CONSTRAINTS_free(constraints) }
            for index in 0..<COpenSSL_NAME_CONSTRAINTS_excludedCount(constraints) {
                var type: Int32 = -1
                let name = GENERAL_NAME_get0_value(COpenSSL_NAME_CONSTRAINTS_excluded(constraints, index), &type)
                guard type == GEN_DNS, let name else { continue }
                let bytes = X509Text.bytes(name.assumingMemoryBound(to: ASN1_STRING.self))
                self.names.append(Self.plain(String(decoding: bytes, as: UTF8.self)))
            }
        }
    }

    /// Whether a wildcard stands for one of the names: `*.example.com` for `bar.example.com`, and not for `a.bar.example.com`.
    /// All else OpenSSL compares by itself.
    func areCovered(by name: String) -> Bool {
        guard let (first, rest) = Self.split(Self.plain(name)), first.contains("*") else { return false }
        return self.names.contains { Self.split($0)?.rest == rest }
    }

    /// To be asked once a chain's signatures are verified. False if the peer's certificate has such a wildcard; then the
    /// verification, an X509_STORE_CTX*, has an error that says so.
    static func arePassed(by context: OpaquePointer) -> Bool {
        let chain = X509_STORE_CTX_get0_chain(context)
        guard let leaf = X509_STORE_CTX_get0_cert(context) else { return false }
        let excluded = ExcludedNames(chain)
        if excluded.names.isEmpty { return true }
        let isCovered = TLSPeerCertificate.SubjectAlternativeName.all(of: leaf).contains { name in
            if case .dns(let name) = name { excluded.areCovered(by: name) } else { false }
        }
        guard isCovered else { return true }
        X509_STORE_CTX_set_error(context, X509_V_ERR_EXCLUDED_VIOLATION)
        X509_STORE_CTX_set_error_depth(context, 0)
        X509_STORE_CTX_set_current_cert(context, leaf)
        _ = X509_STORE_CTX_get_verify_cb(context)?(0, context)
        return false
    }

    private static func plain(_ name: String) -> String {
        var name = Substring(name.lowercased())
        if name.hasPrefix(".") { name.removeFirst() }
        if name.hasSuffix(".") { name.removeLast() }
        return String(name)
    }

    /// The first label, and what follows it.
    private static func split(_ name: String) -> (first: Substring, rest: Substring)? {
        name.firstIndex(of: ".").map { (name[..<$0], name[name.index(after: $0)...]) }
    }
}

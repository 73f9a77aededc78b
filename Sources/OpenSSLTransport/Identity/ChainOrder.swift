internal import COpenSSL

/// Certificates from where their order says nothing: PKCS#12 and stores.
enum ChainOrder {
    /// The key's own certificate, then the one that signed it, and so on as far as they are there; what is no part of that
    /// chain would only cost peers time. Nil if none is the key's.
    static func chain(of key: KeyHandle, among certificates: [X509Certificate]) -> [X509Certificate]? {
        defer { ERR_clear_error() }
        var rest = certificates
        guard let own = rest.firstIndex(where: { X509_check_private_key($0.pointer, key.pointer) == 1 }) else {
            return nil
        }
        var chain = [rest.remove(at: own)]
        while let last = chain.last, X509_self_signed(last.pointer, 0) != 1,
            let issuer = rest.firstIndex(where: { X509_check_issued($0.pointer, last.pointer) == X509_V_OK })
        {
            chain.append(rest.remove(at: issuer))
        }
        return chain
    }
}

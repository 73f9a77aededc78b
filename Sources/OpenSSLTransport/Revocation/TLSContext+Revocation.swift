internal import COpenSSL

extension TLSContext {
    func loadRevocationLists() throws(TLSError) {
        guard let revocation = self.settings.revocationLists else { return }
        guard let store = SSL_CTX_get_cert_store(self.pointer) else {
            throw self.invalid("OpenSSL has no store of certificates", codes: OpenSSLErrorQueue.drain())
        }
        guard SSL_CTX_get_verify_mode(self.pointer) & SSL_VERIFY_PEER != 0 else {
            throw self.invalid(
                "revocation lists are given, but nobody's certificate is verified",
                hint: "On a server name trustRoots; on a client leave verification at .full."
            )
        }
        var count = 0
        for source in revocation.sources {
            let reader = self.reader(of: source, as: .revocationLists)
            for list in try reader.revocationLists() {
                guard X509_STORE_add_crl(store, list.pointer) == 1 else {
                    throw self.invalid("OpenSSL refuses a revocation list", codes: OpenSSLErrorQueue.drain())
                }
                count += 1
            }
        }
        if count == 0 {
            throw self.invalid(
                "the list of revocation lists is empty",
                hint: "Name at least one file, or leave revocationLists out."
            )
        }
        let flags = X509_V_FLAG_CRL_CHECK | (revocation.scope == .wholeChain ? X509_V_FLAG_CRL_CHECK_ALL : 0)
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(self.pointer), UInt(flags))
    }
}

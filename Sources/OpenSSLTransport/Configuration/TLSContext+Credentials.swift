internal import COpenSSL

extension TLSContext {
    func loadIdentity() throws(TLSError) {
        guard case .file(let certificate) = self.settings.certificate?.source,
            case .file(let key) = self.settings.privateKey?.source
        else { return }
        guard SSL_CTX_use_certificate_chain_file(self.pointer, certificate) == 1,
            SSL_CTX_use_PrivateKey_file(self.pointer, key, SSL_FILETYPE_PEM) == 1
        else { throw self.invalid("certificate or key", codes: OpenSSLErrorQueue.drain()) }
    }

    func loadTrust() throws(TLSError) {
        for source in self.settings.trustRoots?.sources ?? [] {
            guard case .credential(.file(let path)) = source else { continue }
            guard SSL_CTX_load_verify_file(self.pointer, path) == 1 else {
                throw self.invalid("trust roots", codes: OpenSSLErrorQueue.drain())
            }
        }
        let verifies = self.role == .client || self.settings.trustRoots != nil
        SSL_CTX_set_verify(
            self.pointer,
            verifies ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
            nil
        )
    }
}

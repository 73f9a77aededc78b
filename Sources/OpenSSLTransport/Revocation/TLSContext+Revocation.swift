internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

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
                try self.checkKind(of: list, reader)
                try self.checkDates(of: list, reader)
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
        self.notes.verifiedLists.prepare(store)
        let flags = X509_V_FLAG_CRL_CHECK | (revocation.scope == .wholeChain ? X509_V_FLAG_CRL_CHECK_ALL : 0)
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(self.pointer), UInt(flags))
    }

    /// A list that is understood in part could let in who is on it.
    private func checkKind(of list: RevocationListHandle, _ reader: CredentialReader) throws(TLSError) {
        guard let fault = UnsupportedList(list.pointer) else { return }
        let issuer = EscapedText(X509Text.name(X509_CRL_get_issuer(list.pointer)))
        throw reader.fault(.wrongFileKind, "has a list that \(fault.clause); it is of '\(issuer)'", hint: fault.hint)
    }

    /// With a list that is out of date nobody of its issuer's would be let in: a reload keeps the last one instead.
    private func checkDates(of list: RevocationListHandle, _ reader: CredentialReader) throws(TLSError) {
        let now = Date()
        let begin = X509_CRL_get0_lastUpdate(list.pointer).map { X509Text.date($0) }
        let end = X509_CRL_get0_nextUpdate(list.pointer).map { X509Text.date($0) }
        let when: String
        if let end, end < now {
            when = "is out of date: the next one was due on \(X509Text.text(end))"
        } else if let begin, begin > now {
            when = "is not valid yet: it is valid from \(X509Text.text(begin))"
        } else {
            return
        }
        throw reader.fault(
            .revocationUnknown,
            "has a list that \(when), of '\(EscapedText(X509Text.name(X509_CRL_get_issuer(list.pointer))))'; the clock of "
                + "this host says \(X509Text.text(now))",
            hint: "Bring the issuer's revocation list up to date, or set the clock right."
        )
    }
}

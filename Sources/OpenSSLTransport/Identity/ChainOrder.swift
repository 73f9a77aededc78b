internal import COpenSSL

/// Certificates from where their order says nothing: PKCS#12 and stores.
enum ChainOrder {
    /// The key's own certificate, then the one that signed it, and so on as far as they are there; what is no part of that
    /// chain would only cost peers time. Nil if none is the key's.
    ///
    /// Where several would do, since an authority was signed anew or by another one as well, it is always the same that is taken,
    /// in whatever order they come: see ``better(_:_:)``.
    static func chain(of key: KeyHandle, among certificates: [X509Certificate]) -> [X509Certificate]? {
        defer { ERR_clear_error() }
        var rest = certificates
        guard let own = Self.best(of: rest, where: { X509_check_private_key($0.pointer, key.pointer) == 1 }) else {
            return nil
        }
        var chain = [rest.remove(at: own)]
        while let last = chain.last, X509_self_signed(last.pointer, 0) != 1,
            let issuer = Self.best(of: rest, where: { X509_check_issued($0.pointer, last.pointer) == X509_V_OK })
        {
            chain.append(rest.remove(at: issuer))
        }
        return chain
    }

    private static func best(of certificates: [X509Certificate], where fits: (X509Certificate) -> Bool) -> Int? {
        certificates.indices.filter { fits(certificates[$0]) }.max { Self.better(certificates[$1], certificates[$0]) }
    }

    /// One that is in date, then one that another authority has signed: who trusts the authority itself needs neither, and who
    /// trusts only the other one needs that. Then the one that is valid longest.
    private static func better(_ left: X509Certificate, _ right: X509Certificate) -> Bool {
        let (isLeftInDate, isRightInDate) = (Self.isInDate(left), Self.isInDate(right))
        if isLeftInDate != isRightInDate { return isLeftInDate }
        let (isLeftRoot, isRightRoot) = (
            X509_self_signed(left.pointer, 0) == 1, X509_self_signed(right.pointer, 0) == 1
        )
        if isLeftRoot != isRightRoot { return isRightRoot }
        let (leftEnd, rightEnd) = (X509_get0_notAfter(left.pointer), X509_get0_notAfter(right.pointer))
        if let leftEnd, let rightEnd, X509Text.date(leftEnd) != X509Text.date(rightEnd) {
            return X509Text.date(leftEnd) > X509Text.date(rightEnd)
        }
        return X509Text.sha256Fingerprint(right.pointer).lexicographicallyPrecedes(
            X509Text.sha256Fingerprint(left.pointer)
        )
    }

    private static func isInDate(_ certificate: X509Certificate) -> Bool {
        X509_cmp_current_time(X509_get0_notBefore(certificate.pointer)) < 0
            && X509_cmp_current_time(X509_get0_notAfter(certificate.pointer)) > 0
    }
}

internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// What OpenSSL calls an unknown authority and is something else, and what only an authority further up can mend.

extension FailedSession {
    /// Why no authority was found for the certificate at a depth, if one of its issuer's name is trusted, or if it is broken.
    func disguise(at depth: Int32, _ whose: String) -> Explanation? {
        guard let x509 = self.x509(at: depth) else { return nil }
        if let fault = X509Text.brokenExtension(x509) {
            return Explanation(
                .certificateRejected,
                "\(whose) is broken: \(fault)",
                "Have it issued anew, by a program that makes certificates as RFC 5280 has them."
            )
        }
        guard let issuer = X509_get_issuer_name(x509) else { return nil }
        let namesakes = self.trustedCertificates.filter { X509_NAME_cmp(X509_get_subject_name($0), issuer) == 0 }
        guard let namesake = namesakes.first else { return nil }
        let name = EscapedText(X509Text.name(issuer))
        if let fault = namesakes.lazy.compactMap(X509Text.brokenExtension).first {
            return Explanation(
                .certificateRejected,
                "\(whose) is signed by '\(name)', and the trusted certificate of that name is broken: \(fault)",
                "Have the authority's certificate made anew, by a program that makes them as RFC 5280 has them."
            )
        }
        switch X509_check_issued(namesake, x509) {
        case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
            return Explanation(
                .certificateRejected,
                "\(whose) is signed by '\(name)', and the trusted certificate of that name may sign none: its key usage "
                    + "has no keyCertSign",
                "Have the authority's certificate made anew, with keyCertSign."
            )
        case X509_V_ERR_AKID_SKID_MISMATCH, X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
            return Explanation(
                .unknownAuthority,
                "\(whose) is signed by '\(name)', which is none of \(self.trust): one has that name, but another key",
                "Two authorities have one name, or it was made anew: add the certificate of the one that signed to trustRoots."
            )
        default: return nil
        }
    }

    /// Whether another certificate of the same subject is trusted.
    func hasNamesake(at depth: Int32) -> Bool {
        guard let subject = self.x509(at: depth).flatMap({ X509_get_subject_name($0) }) else { return false }
        return self.trustedCertificates.contains { X509_NAME_cmp(X509_get_subject_name($0), subject) == 0 }
    }

    /// Faults that an authority made, with what to do about them; nil for others.
    func authorityFault(_ fault: VerificationFault, _ whose: String) -> Explanation? {
        let (message, hint): (String, String)
        switch fault.code {
        case X509_V_ERR_PATH_LENGTH_EXCEEDED:
            message = "\(whose) has more authorities below it than its path length allows"
            hint =
                "Have the \(self.peer)'s certificate issued by an authority nearer to the root, or the path length raised."
        case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION, X509_V_ERR_SUBTREE_MINMAX,
            X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
            X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
            let names = self.certificate(at: fault.depth)?.subjectAlternativeNames.prefix(8).map { "\($0)" } ?? []
            message =
                "\(whose) is for names that an authority above it may not sign for (\(fault.text)): it is for "
                + "[\(names.joined(separator: ", "))]"
            hint = "Have it issued for names that the authority's name constraints allow, or by another authority."
        case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
            let extensions = self.x509(at: fault.depth).map(X509Text.unknownCriticalExtensions) ?? []
            message =
                "\(whose) has a critical extension that OpenSSL does not know"
                + (extensions.isEmpty ? "" : ": \(Self.list(extensions))")
            hint = "Have it issued without, or not critical."
        case X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
            message = "the signature of \(whose) is not its issuer's"
            hint =
                "It was altered, or signed with another key than the issuer's certificate has here: two authorities may have "
                + "one name."
        case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
            message = "\(whose) has a date that cannot be read"
            hint = "Have it issued anew."
        case X509_V_ERR_INVALID_EXTENSION:
            message =
                "\(whose) is broken: \(self.x509(at: fault.depth).flatMap(X509Text.brokenExtension) ?? fault.text)"
            hint = "Have it issued anew, by a program that makes certificates as RFC 5280 has them."
        default: return nil
        }
        return Explanation(.certificateRejected, message, hint)
    }

    /// The trust roots, X509* each.
    private var trustedCertificates: [OpaquePointer] {
        let store = self.ssl.flatMap { SSL_get_SSL_CTX($0) }.flatMap { SSL_CTX_get_cert_store($0) }
        guard let store else { return [] }
        let objects = X509_STORE_get0_objects(store)
        return (0..<COpenSSL_stack_of_X509_OBJECT_count(objects)).compactMap {
            X509_OBJECT_get0_X509(COpenSSL_stack_of_X509_OBJECT_value(objects, $0))
        }
    }

    /// A certificate above our own that has expired, as far as we know those: the chain that we show, and our trust roots.
    var expiredAboveOwn: TLSPeerCertificate? {
        guard let own = self.ownCertificate else { return nil }
        let chain = COpenSSL_SSL_CTX_get0_chain_certs(self.ssl.flatMap { SSL_get_SSL_CTX($0) })
        let shown = (0..<COpenSSL_stack_of_X509_count(chain)).compactMap { COpenSSL_stack_of_X509_value(chain, $0) }
        let last = X509_get_issuer_name(shown.last ?? own)
        let roots = self.trustedCertificates.filter { X509_NAME_cmp(X509_get_subject_name($0), last) == 0 }
            .map { TLSPeerCertificate($0, in: self.library) }
        let now = Date()
        if let expired = shown.map({ TLSPeerCertificate($0, in: self.library) }).first(where: { $0.notAfter < now }) {
            return expired
        }
        return roots.allSatisfy { $0.notAfter < now } ? roots.first : nil
    }
}

extension X509Text {
    /// What makes OpenSSL take a certificate for invalid: an extension that cannot be read, or comes twice.
    static func brokenExtension(_ certificate: OpaquePointer) -> String? {
        defer { ERR_clear_error() }
        guard X509_get_extension_flags(certificate) & UInt32(EXFLAG_INVALID) != 0 else { return nil }
        var identifiers: Set<Int32> = []
        for index in 0..<X509_get_ext_count(certificate) {
            guard let found = X509_get_ext(certificate, index) else { continue }
            let identifier = OBJ_obj2nid(X509_EXTENSION_get_object(found))
            guard identifier != NID_undef else { continue }
            let name = OBJ_nid2ln(identifier).map { String(cString: $0) } ?? "unknown"
            guard identifiers.insert(identifier).inserted else { return "its extension '\(name)' comes twice" }
            guard X509V3_EXT_get_nid(identifier) != nil else { continue }
            if COpenSSL_X509_EXTENSION_isReadable(found) == 0 { return "its extension '\(name)' cannot be read" }
        }
        return "one of its extensions contradicts the others"
    }

    /// By name, or by number.
    static func unknownCriticalExtensions(_ certificate: OpaquePointer) -> [String] {
        (0..<X509_get_ext_count(certificate)).prefix(64).compactMap { index in
            guard let found = X509_get_ext(certificate, index), X509_EXTENSION_get_critical(found) != 0,
                X509_supported_extension(found) == 0
            else { return nil }
            var text = [CChar](repeating: 0, count: 80)
            let count = OBJ_obj2txt(&text, Int32(text.count), X509_EXTENSION_get_object(found), 0)
            guard count > 0 else { return nil }
            return EscapedText(bytes: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), limit: 80).description
        }
    }
}

internal import COpenSSL
internal import Synchronization

/// Which revocation lists were found to be good, and for whom: a list's signature is verified once, and not in each handshake.
///
/// Only what cannot change is remembered. Whether a list is out of date is asked each time, and so is what is on it.
final class VerifiedLists: Sendable {
    private struct List {
        /// Whether it is for some of its issuer's certificates alone.
        let hasScope: Bool
        /// By whom it is signed, and for whom it counts, if that depends on them.
        var answers: Set<[UInt8]> = []
    }

    /// By the addresses of X509_CRL*s, which belong to the context's store and are there as long as this is.
    private let lists = Mutex<[UInt: List]>([:])

    /// More are not remembered, and cost their time again.
    private static let maximumAnswers = 16

    /// Does what handshakes would otherwise have to: sorts the lists of a store, an X509_STORE*, and verifies those whose
    /// issuers are in it as well.
    ///
    /// To be called once, when all is in the store, before anybody else has it.
    func prepare(_ store: OpaquePointer) {
        let objects = X509_STORE_get0_objects(store)
        let pointers = (0..<COpenSSL_stack_of_X509_OBJECT_count(objects)).compactMap {
            X509_OBJECT_get0_X509_CRL(COpenSSL_stack_of_X509_OBJECT_value(objects, $0))
        }
        for pointer in pointers {
            Self.sort(pointer)
            var list = List(hasScope: X509_CRL_get_ext_by_NID(pointer, NID_issuing_distribution_point, -1) >= 0)
            if !list.hasScope,
                let object = X509_OBJECT_retrieve_by_subject(objects, X509_LU_X509, X509_CRL_get_issuer(pointer)),
                let issuer = X509_OBJECT_get0_X509(object), Self.isSigned(pointer, by: issuer)
            {
                list.answers.insert(X509Text.sha256Fingerprint(issuer))
            }
            self.lists.withLock { $0[UInt(bitPattern: pointer)] = list }
        }
    }

    /// OpenSSL sorts a list when something is looked for in it for the first time, which takes long for a long one.
    private static func sort(_ list: OpaquePointer) {
        let number = ASN1_INTEGER_new()
        defer { ASN1_INTEGER_free(number) }
        guard number != nil else { return }
        var entry: OpaquePointer?
        _ = X509_CRL_get0_by_serial(list, &entry, number)
    }

    private static func isSigned(_ list: OpaquePointer, by issuer: OpaquePointer) -> Bool {
        guard X509_get_key_usage(issuer) & UInt32(KU_CRL_SIGN) != 0, let key = X509_get0_pubkey(issuer) else {
            return false
        }
        return X509_CRL_verify(list, key) == 1
    }
}

extension VerifiedLists {
    /// Whether a list may be believed, in one verification.
    struct Question {
        private let lists: VerifiedLists
        private let list: OpaquePointer
        private let answer: [UInt8]
        private let isInDate: Bool

        /// Nil where the answer is not to be remembered: the list is not one of the context's, or OpenSSL looks for the one who
        /// signed it by itself.
        ///
        /// - Parameters:
        ///   - context: An X509_STORE_CTX*, about to check a list for its current certificate.
        ///   - list: An X509_CRL*.
        init?(_ context: OpaquePointer, _ list: OpaquePointer) {
            guard let data = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()),
                let notes = SSL_get_SSL_CTX(OpaquePointer(data)).flatMap({ ContextNotes.of($0) }),
                let issuer = X509_STORE_CTX_get0_current_issuer(context),
                let known = notes.verifiedLists.lists.withLock({ $0[UInt(bitPattern: list)] })
            else { return nil }
            let signer = X509Text.sha256Fingerprint(issuer)
            guard signer.count == 32 else { return nil }
            if known.hasScope {
                guard let peer = X509_STORE_CTX_get_current_cert(context), let place = Self.place(of: peer) else {
                    return nil
                }
                self.answer = signer + place
            } else {
                self.answer = signer
            }
            self.lists = notes.verifiedLists
            self.list = list
            self.isInDate = Self.isInDate(list, context)
        }

        var isAnswered: Bool {
            guard self.isInDate else { return false }
            return self.lists.lists.withLock { lists in
                lists[UInt(bitPattern: self.list)]?.answers.contains(self.answer) ?? false
            }
        }

        /// The list may be believed.
        func remember() {
            self.lists.lists.withLock { lists in
                guard var known = lists.removeValue(forKey: UInt(bitPattern: self.list)) else { return }
                if known.answers.count < VerifiedLists.maximumAnswers { known.answers.insert(self.answer) }
                lists[UInt(bitPattern: self.list)] = known
            }
        }

        /// What a list's scope is compared with (RFC 5280, section 6.3.3, b): whether the certificate is an authority's, and its
        /// distribution points. Nil if they are too long to be kept.
        private static func place(of certificate: OpaquePointer) -> [UInt8]? {
            let isAuthority = X509_get_extension_flags(certificate) & UInt32(EXFLAG_CA) != 0
            let index = X509_get_ext_by_NID(certificate, NID_crl_distribution_points, -1)
            let points = X509_get_ext(certificate, index).map { X509Text.bytes(X509_EXTENSION_get_data($0)) } ?? []
            return points.count <= 1_024 ? [isAuthority ? 1 : 0] + points : nil
        }

        /// By the time that the verification goes by.
        private static func isInDate(_ list: OpaquePointer, _ context: OpaquePointer) -> Bool {
            guard let parameters = X509_STORE_CTX_get0_param(context), let begin = X509_CRL_get0_lastUpdate(list) else {
                return false
            }
            let isGiven = X509_VERIFY_PARAM_get_flags(parameters) & UInt(X509_V_FLAG_USE_CHECK_TIME) != 0
            var now = isGiven ? X509_VERIFY_PARAM_get_time(parameters) : time(nil)
            // 0 is an error.
            guard X509_cmp_time(begin, &now) < 0 else { return false }
            return X509_CRL_get0_nextUpdate(list).map { X509_cmp_time($0, &now) > 0 } ?? true
        }
    }
}

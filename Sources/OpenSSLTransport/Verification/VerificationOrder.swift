internal import COpenSSL

/// In which order a chain is verified: what anybody can make up comes before what costs time. And what OpenSSL leaves out.
///
/// OpenSSL looks at revocation lists before it verifies a chain's signatures, and hashes all of a list for that: a certificate
/// with an authority's name and a wrong signature would have us hash megabytes. Here signatures and dates come first, and a
/// list is hashed once. Nothing is left out: OpenSSL's own steps do the work, and where one is not content the handshake ends.
/// What is added is ``ExcludedNames``.
/// See X509_STORE_set_verify(3).
struct VerificationOrder {
    private let verifySignatures: @convention(c) (OpaquePointer?) -> Int32
    private let checkRevocation: @convention(c) (OpaquePointer?) -> Int32
    private let checkList: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32

    /// OpenSSL's own steps, as a store has them that was told nothing; nil if there is no memory left.
    private static let ofOpenSSL = VerificationOrder()

    private init?() {
        guard let store = X509_STORE_new() else { return nil }
        defer { X509_STORE_free(store) }
        guard let context = X509_STORE_CTX_new() else { return nil }
        defer { X509_STORE_CTX_free(context) }
        guard X509_STORE_CTX_init(context, store, nil, nil) == 1,
            let verifySignatures = X509_STORE_CTX_get_verify(context),
            let checkRevocation = X509_STORE_CTX_get_check_revocation(context),
            let checkList = X509_STORE_CTX_get_check_crl(context)
        else { return nil }
        self.verifySignatures = verifySignatures
        self.checkRevocation = checkRevocation
        self.checkList = checkList
    }

    /// To be called before anybody verifies with the store, an X509_STORE*.
    ///
    /// - Returns: false if OpenSSL has no memory left; then nothing is changed.
    static func apply(to store: OpaquePointer) -> Bool {
        guard Self.ofOpenSSL != nil else { return false }
        X509_STORE_set_verify(store, Self.signaturesThenRevocation)
        X509_STORE_set_check_revocation(store, Self.nothingYet)
        X509_STORE_set_check_crl(store, Self.listOnce)
        return true
    }

    /// Stands in for the verification of signatures and dates, and does what was put off.
    private static let signaturesThenRevocation: @convention(c) (OpaquePointer?) -> Int32 = { context in
        guard let steps = Self.ofOpenSSL, let context else { return 0 }
        let verdict = steps.verifySignatures(context)
        guard verdict > 0 else { return verdict }
        return ExcludedNames.arePassed(by: context) ? steps.checkRevocation(context) : 0
    }

    /// Stands in for the look at revocation lists, where that would come too early. Whether they are asked is for the flags to
    /// say, which are as they were.
    private static let nothingYet: @convention(c) (OpaquePointer?) -> Int32 = { _ in 1 }

    /// Stands in for the check whether a list may be believed, for one certificate.
    private static let listOnce: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 = { context, list in
        guard let steps = Self.ofOpenSSL else { return 0 }
        guard let context, let list, let question = VerifiedLists.Question(context, list) else {
            return steps.checkList(context, list)
        }
        if question.isAnswered { return 1 }
        let verdict = steps.checkList(context, list)
        if verdict == 1, X509_STORE_CTX_get_error(context) == X509_V_OK { question.remember() }
        return verdict
    }
}

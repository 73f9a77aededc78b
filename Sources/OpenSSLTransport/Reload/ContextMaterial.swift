internal import COpenSSL

/// The certificates and revocation lists that a context was built with, by their fingerprints: what tells one from its
/// successor.
///
/// The private key is in it too, as the public half in our own certificate, which it was checked against.
struct ContextMaterial: Equatable {
    /// Our own certificate, then what stands behind it, then the other ones'.
    let own: [[UInt8]]
    /// For which names they are.
    let names: [[String]]
    let trust: Trust

    /// Whom it trusts, whom no more, and how that is looked at (X509_V_FLAG_…).
    struct Trust: Equatable {
        let fingerprints: Set<[UInt8]>
        let flags: UInt
    }

    init(_ context: TLSContext) {
        self.names = context.identities.map(\.names)
        self.own = context.identities.flatMap(\.sent).map { X509Text.sha256Fingerprint($0.pointer) }
        var trusted: Set<[UInt8]> = []
        let objects = SSL_CTX_get_cert_store(context.pointer).flatMap { X509_STORE_get0_objects($0) }
        for index in 0..<COpenSSL_stack_of_X509_OBJECT_count(objects) {
            let object = COpenSSL_stack_of_X509_OBJECT_value(objects, index)
            if let certificate = X509_OBJECT_get0_X509(object) {
                trusted.insert(X509Text.sha256Fingerprint(certificate) + X509Text.trustSettings(certificate))
            } else if let list = X509_OBJECT_get0_X509_CRL(object) {
                trusted.insert(X509Text.sha256Fingerprint(ofList: list))
            }
        }
        self.trust = Trust(
            fingerprints: trusted,
            flags: X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(context.pointer))
        )
    }
}

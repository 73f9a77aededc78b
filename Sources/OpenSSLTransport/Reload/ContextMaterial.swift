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
        /// And what is said of each.
        let names: [[UInt8]: String]
        let flags: UInt

        func changes(since old: Trust) -> (added: [String], removed: [String]) {
            (
                self.names.filter { old.names[$0.key] == nil }.map(\.value).sorted(),
                old.names.filter { self.names[$0.key] == nil }.map(\.value).sorted()
            )
        }
    }

    init(_ context: TLSContext) {
        self.names = context.identities.map(\.names)
        self.own = context.identities.flatMap(\.sent).map { X509Text.sha256Fingerprint($0.pointer) }
        var trusted: [[UInt8]: String] = [:]
        let objects = SSL_CTX_get_cert_store(context.pointer).flatMap { X509_STORE_get0_objects($0) }
        for index in 0..<COpenSSL_stack_of_X509_OBJECT_count(objects) {
            let object = COpenSSL_stack_of_X509_OBJECT_value(objects, index)
            if let certificate = X509_OBJECT_get0_X509(object) {
                let fingerprint = X509Text.sha256Fingerprint(certificate)
                let name = EscapedText(X509Text.name(X509_get_subject_name(certificate)), limit: 128)
                trusted[fingerprint + X509Text.trustSettings(certificate)] =
                    "'\(name)' (SHA-256 \(X509Text.hexadecimal(fingerprint.prefix(8)))…)"
            } else if let list = X509_OBJECT_get0_X509_CRL(object) {
                let name = EscapedText(X509Text.name(X509_CRL_get_issuer(list)), limit: 128)
                let begin = X509Text.text(of: X509_CRL_get0_lastUpdate(list))
                trusted[X509Text.sha256Fingerprint(ofList: list)] = "the revocation list of '\(name)' of \(begin)"
            }
        }
        self.trust = Trust(
            names: trusted,
            flags: X509_VERIFY_PARAM_get_flags(SSL_CTX_get0_param(context.pointer))
        )
    }
}

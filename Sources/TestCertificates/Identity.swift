/// A certificate with what its owner needs to prove it: the private key, and the certificates up to the authority.
///
/// The properties can be changed: another key that does not match, or a chain without its intermediates, are faults that
/// tests need.
public struct Identity: Sendable {
    /// The owner's certificate first, then the intermediate authorities; without the root.
    public var chain: [Certificate]
    public var privateKey: PrivateKey

    public init(chain: [Certificate], privateKey: PrivateKey) {
        self.chain = chain
        self.privateKey = privateKey
    }

    /// The owner's own certificate.
    ///
    /// - Precondition: the chain is not empty.
    public var certificate: Certificate { chain[0] }

    /// The whole chain in one text, as servers' files hold it.
    public var chainPEM: String { chain.map(\.pem).joined() }

    /// A certificate that its own key has signed, to be trusted directly.
    public static func selfSigned(_ request: CertificateRequest) throws(CertificateError) -> Identity {
        let key = try PrivateKey(request.key)
        return Identity(chain: [try signCertificate(request, for: key, by: nil)], privateKey: key)
    }
}

/// A certificate authority for tests: a certificate that tests trust, and the key that signs others.
public struct TestAuthority: Sendable {
    /// What the other side has to trust, if this is a root.
    public var certificate: Certificate { identity.certificate }

    private let identity: Identity
    private let isRoot: Bool

    /// A new root.
    public init(
        name: String = "swift-secure-channel test authority",
        key: KeyKind = .p256,
        validity: Validity = .days(3650)
    ) throws(CertificateError) {
        let request = CertificateRequest(commonName: name, validity: validity, key: key, isAuthority: true)
        identity = try .selfSigned(request)
        isRoot = true
    }

    /// Whoever holds this identity as an issuer, whether or not its certificate allows that: what it issues carries the
    /// identity's own chain. For certificates that must be refused.
    public init(signingAs identity: Identity) {
        self.identity = identity
        isRoot = false
    }

    /// A new authority under this one.
    public func intermediate(
        name: String = "swift-secure-channel test intermediate authority",
        key: KeyKind = .p256,
        validity: Validity = .days(3650)
    ) throws(CertificateError) -> TestAuthority {
        let request = CertificateRequest(commonName: name, validity: validity, key: key, isAuthority: true)
        return TestAuthority(signingAs: try issue(request))
    }

    /// A new key and a certificate for it. The chain has every intermediate authority up to the root, without the root.
    public func issue(_ request: CertificateRequest) throws(CertificateError) -> Identity {
        let key = try PrivateKey(request.key)
        let certificate = try signCertificate(request, for: key, by: identity)
        return Identity(chain: [certificate] + (isRoot ? [] : identity.chain), privateKey: key)
    }
}

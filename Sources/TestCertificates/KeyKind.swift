/// The algorithm and size of a private key.
public enum KeyKind: Sendable, Hashable {
    /// ECDSA on P-256: the default, the fastest for TLS on every OpenSSL 3.
    case p256
    case p384
    /// RSA with this many bits, 512 at the least. 1024 makes a key that every current TLS library refuses as too weak.
    case rsa(bits: Int)
    case ed25519
}

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension TLSConfiguration {
    /// A public key that a peer's chain must have, be it the peer's own or an authority's.
    ///
    /// Written as its SHA-256 in base64, with or without curl's prefix: `"sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="`.
    /// Of a certificate: `openssl x509 -in server.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256
    /// -binary | base64`.
    public struct PublicKeyPin: Sendable, Hashable, ExpressibleByStringLiteral {
        /// Of the public key with its algorithm (SubjectPublicKeyInfo in DER); 32 bytes, or the configuration is refused.
        public let sha256: [UInt8]

        /// - Parameter sha256: of the public key with its algorithm (SubjectPublicKeyInfo in DER).
        public init(sha256: [UInt8]) { self.sha256 = sha256 }

        /// - Parameter text: the SHA-256 in base64; other text makes a pin that the configuration refuses.
        public init(_ text: String) {
            let base64 = text.hasPrefix("sha256//") ? String(text.dropFirst(8)) : text
            self.sha256 = Data(base64Encoded: base64).map { Array($0) } ?? []
        }

        public init(stringLiteral text: String) { self.init(text) }
    }
}

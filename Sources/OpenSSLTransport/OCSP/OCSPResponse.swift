extension TLSConfiguration {
    /// An authority's word that our own certificate is not revoked (OCSP, RFC 6960), for a server to send along with it.
    ///
    /// It is for the leaf alone, and only sent to clients that ask for it and while it is in date; a string literal is the
    /// path of a file in DER, as `openssl ocsp -respout` writes it. It is checked when it is loaded, for which the issuer's
    /// certificate must stand behind our own; one that is out of date is refused then, and a reload keeps the last one. A
    /// reload reads the file again, and a new response forgets no sessions.
    public struct OCSPResponse: Sendable, ExpressibleByStringLiteral {
        enum Source: Sendable {
            case file(String)
            case der([UInt8])
        }

        let source: Source

        /// A file of at most 64 KiB, in DER.
        public static func file(_ path: String) -> Self { .init(source: .file(path)) }
        /// A response in DER.
        public static func der(_ response: [UInt8]) -> Self { .init(source: .der(response)) }

        /// The file at this path.
        public init(stringLiteral path: String) { self.init(source: .file(path)) }
        private init(source: Source) { self.source = source }

        /// Real ones have 300 bytes to 3 KiB.
        static let limit = 64 << 10
    }

    /// What a client makes of OCSP responses that a server staples to its certificate (RFC 6066, section 8).
    public enum OCSPStapling: String, Sendable {
        /// It does not ask for one.
        case ignored
        /// It asks for one, and refuses the server if it is bad, or missing though the certificate demands one (RFC 7633).
        case checked
        /// It asks for one, and refuses the server without a good one.
        case required
    }
}

extension TLSConfiguration.OCSPResponse: CustomStringConvertible {
    public var description: String {
        switch self.source {
        case .file(let path): "OCSP response file '\(EscapedText(path))'"
        case .der: "OCSP response in memory"
        }
    }
}

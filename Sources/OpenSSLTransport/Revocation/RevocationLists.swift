extension TLSConfiguration {
    /// Lists of certificates that their authorities have taken back (CRLs, RFC 5280, section 5).
    ///
    /// Where lists are given, each certificate that is asked about needs one of its issuer's that is not out of date, or it is
    /// refused. Lists that are out of date already fail when they are loaded, and a reload keeps the last ones then. So do lists
    /// that are not complete by themselves: delta and indirect lists, those for some reasons of revocation alone, and those with
    /// a critical extension other than the issuing distribution point.
    ///
    /// A string literal is the path of a file, PEM or DER; written as an array, several sources. A reload reads the files again;
    /// handshakes that resume a session do not look at lists, but none resumes past a change of them. Loading takes about 20 ms of
    /// processor time a megabyte; handshakes take no longer than without lists, but for the first that asks one of an authority
    /// that is not trusted itself (1.2 ms a megabyte).
    public struct RevocationLists: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        /// Which certificates of a chain are asked about.
        public enum Scope: String, Sendable {
            /// All of them: each authority above needs a list, too.
            case wholeChain
            /// The peer's own.
            case peer
        }

        let sources: [CredentialSource]
        /// Which certificates of a chain are asked about: all, by default.
        public var scope = Scope.wholeChain

        /// A file of at most 16 MiB, PEM or DER.
        public static func file(_ path: String) -> Self { .init(sources: [.file(path)]) }
        /// PEM text in memory.
        public static func pem(_ text: String) -> Self { .init(sources: [.pem(Array(text.utf8))]) }
        /// PEM bytes in memory.
        public static func pem(_ bytes: [UInt8]) -> Self { .init(sources: [.pem(bytes)]) }
        /// Lists in DER.
        public static func der(_ lists: [[UInt8]]) -> Self { .init(sources: [.der(lists)]) }

        /// The file at this path.
        public init(stringLiteral path: String) { self.init(sources: [.file(path)]) }
        /// All of these; the first one's scope counts.
        public init(arrayLiteral lists: RevocationLists...) { self.init(lists) }
        /// All of `lists` together; the first one's scope counts.
        public init(_ lists: [RevocationLists]) {
            self.init(sources: lists.flatMap { $0.sources })
            self.scope = lists.first?.scope ?? .wholeChain
        }
        private init(sources: [CredentialSource]) { self.sources = sources }

        /// The same lists, asked about these certificates.
        public func checking(_ scope: Scope) -> Self {
            var lists = self
            lists.scope = scope
            return lists
        }
    }
}

extension TLSConfiguration.RevocationLists: CustomStringConvertible, CustomReflectable {
    public var description: String {
        "revocation lists from " + self.sources.map { "\($0)" }.joined(separator: ", ")
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

internal import Synchronization

extension LibraryContext {
    private struct Weak: Sendable {
        weak var library: LibraryContext?
    }

    private static let existing = Mutex<[TLSConfiguration.Providers: Weak]>([:])

    /// The library context of these providers: the one that is in use, or a new one. Nil for OpenSSL's default.
    ///
    /// Shared beyond one configuration, since some modules bear being loaded only once at a time: when one context gives
    /// up a PKCS#11 module, the other one's sessions with it are gone.
    static func shared(
        for providers: TLSConfiguration.Providers?,
        role: TLSRole
    ) throws(TLSError) -> LibraryContext? {
        guard let providers else { return nil }
        return try self.existing.withLock { (existing) throws(TLSError) -> LibraryContext in
            if let library = existing[providers]?.library { return library }
            existing = existing.filter { $0.value.library != nil }
            let library = try LibraryContext(providers, role: role)
            existing[providers] = Weak(library: library)
            return library
        }
    }
}

internal import Synchronization

/// The library contexts of a process, one for equal providers, kept until the process ends.
///
/// They are never freed, since that is safe in no program with threads: each thread that has drawn random numbers in a
/// context keeps a reference to it that OpenSSL does not count and follows when the thread ends or the process exits, and
/// nobody but the thread itself can take it back (OPENSSL_thread_stop_ex(3)). Some modules cannot bear to be unloaded
/// either: when one context gives up a PKCS#11 module, other contexts' sessions with it are gone.
final class LibraryContexts: Sendable {
    static let ofProcess = LibraryContexts(limit: 64)

    /// How many there may be.
    private let limit: Int
    private let known = Mutex<[TLSConfiguration.Providers: LibraryContext]>([:])
    /// Of its own, so that a module that is slow to load holds up nobody whose providers are loaded.
    private let loading = Mutex(())

    init(limit: Int) {
        self.limit = limit
    }

    /// That of `providers`; nil for OpenSSL's default. Blocks on files and modules if it is new.
    ///
    /// - Parameter role: Of whoever asks, for errors.
    func context(for providers: TLSConfiguration.Providers?, role: TLSRole) throws(TLSError) -> LibraryContext? {
        guard let providers else { return nil }
        if let library = self.known.withLock({ $0[providers] }) { return library }
        return try self.loading.withLock { _ throws(TLSError) -> LibraryContext in
            let (library, count) = self.known.withLock { ($0[providers], $0.count) }
            if let library { return library }
            guard count + LibraryContext.abandonedCount.load(ordering: .relaxed) < self.limit else {
                throw self.tooMany(role)
            }
            let loaded = try LibraryContext.load(providers, role: role)
            self.known.withLock { $0[providers] = loaded }
            return loaded
        }
    }

    private func tooMany(_ role: TLSRole) -> TLSError {
        LibraryContext.fault(
            role,
            "this process has had \(self.limit) different settings of providers, and takes no more: OpenSSL cannot free them",
            hint: "Share one setting among configurations."
        )
    }
}

internal import COpenSSL
internal import Synchronization

/// An OSSL_LIB_CTX* with providers of its own. Where a configuration names none there is no such object, and OpenSSL's
/// default context serves.
///
/// It outlives whatever is made in it, and any thread that has used it: see ``LibraryContexts``.
final class LibraryContext: Sendable {
    /// Safe to share: OpenSSL guards what changes in it with locks of its own.
    nonisolated(unsafe) let pointer: OpaquePointer
    let providers: TLSConfiguration.Providers
    /// Where stores are opened, if not here: a context that has the providers of stores, too.
    private let ofStores: LibraryContext?

    /// Safe to share: only `init` changes it, before anybody else has the object.
    private nonisolated(unsafe) var loaded: [OpaquePointer] = []

    /// Where keys of stores sign.
    let threads = StoreThreads()

    /// Where stores other than files are opened.
    var stores: LibraryContext { self.ofStores ?? self }

    /// Loads what `providers` name; blocks on files and on the initialisation of modules. Use ``LibraryContexts``.
    ///
    /// A provider of stores, such as `pkcs11`, is loaded into a context apart from the one of handshakes. Beside others it
    /// would be asked to do what they can: once it is at work, OpenSSL has the token verify peers' certificates, too, in
    /// whichever slot comes first and with a question for its PIN, whatever properties say. A key signs by its own provider
    /// wherever it is used.
    ///
    /// - Parameter role: Of whoever asks, for errors.
    static func load(_ providers: TLSConfiguration.Providers, role: TLSRole) throws(TLSError) -> LibraryContext {
        ERR_clear_error()
        // What was tried in vain leaves entries behind, for others on this thread to trip over.
        defer { ERR_clear_error() }
        let all = try LibraryContext(providers, names: providers.names, role: role)
        let ofStores = all.providersOfStores
        guard !ofStores.isEmpty else {
            try all.complete(role)
            return all
        }
        let others = providers.names.filter { !ofStores.contains($0) }
        guard !others.isEmpty || providers.names.isEmpty else { throw Self.onlyStores(ofStores, role) }
        let library = try LibraryContext(providers, names: others, ofStores: all, role: role)
        if let name = library.activeProviders.first(where: ofStores.contains) {
            throw library.activatedByFile(name, role)
        }
        try library.complete(role)
        // The file may have set some, by which the provider of stores would not be found.
        EVP_set_default_properties(all.pointer, "")
        return library
    }

    private init(
        _ providers: TLSConfiguration.Providers,
        names: [String],
        ofStores: LibraryContext? = nil,
        role: TLSRole
    ) throws(TLSError) {
        guard let pointer = OSSL_LIB_CTX_new() else {
            throw Self.fault(role, "OpenSSL could not make a library context", codes: OpenSSLErrorQueue.drain())
        }
        self.pointer = pointer
        self.providers = providers
        self.ofStores = ofStores
        try self.setModulePath(role)
        try self.readConfigurationFile(role)
        try self.load(names, role)
    }

    /// Makes it ready for handshakes.
    private func complete(_ role: TLSRole) throws(TLSError) {
        try self.setProperties(role)
        try self.checkAlgorithms(role)
    }

    /// Those that could not be made and cannot be freed either.
    static let abandonedCount = Atomic(0)

    /// Of those that ``LibraryContexts`` keeps never reached; of others where no other thread has used them.
    deinit {
        // Whatever becomes of a context, a module that it gives up is gone for all others, with their sessions.
        guard self.providersOfStores.isEmpty else {
            Self.abandonedCount.add(1, ordering: .relaxed)
            return
        }
        for provider in self.loaded.reversed() { OSSL_PROVIDER_unload(provider) }
        OSSL_LIB_CTX_free(self.pointer)
    }

    private func setModulePath(_ role: TLSRole) throws(TLSError) {
        guard let path = self.providers.modulePath else { return }
        guard FileSignature.isDirectory(path) else {
            throw .configuration(
                .fileUnreadable,
                role,
                "the directory of providers' modules '\(EscapedText(path))' does not exist, or is none",
                hint: "Name the directory that holds pkcs11.so, fips.so and the like, or leave modulePath out."
            )
        }
        guard OSSL_PROVIDER_set_default_search_path(self.pointer, path) == 1 else {
            throw Self.fault(role, "OpenSSL takes no path of modules", codes: OpenSSLErrorQueue.drain())
        }
    }

    private func readConfigurationFile(_ role: TLSRole) throws(TLSError) {
        guard let path = self.providers.configurationFile else { return }
        let file = CredentialFile(path: path)
        do {
            _ = try file.read(limit: 1_048_576)  // OpenSSL itself would wait for a pipe, and say less of what is wrong
        } catch {
            let (message, hint) = file.explanation(of: error)
            throw .configuration(
                .fileUnreadable,
                role,
                "the OpenSSL configuration file '\(EscapedText(path))' \(message)",
                hint: hint
            )
        }
        guard OSSL_LIB_CTX_load_config(self.pointer, path) == 1 else {
            let entries = OpenSSLErrorQueue.drainWithData()
            throw Self.fault(
                role,
                "OpenSSL cannot use the configuration file '\(EscapedText(path))'\(Self.text(of: entries))",
                hint: "Its form is explained in config(5); try it: OPENSSL_CONF=FILE openssl list -providers",
                codes: entries.map(\.code)
            )
        }
    }

    private func load(_ names: [String], _ role: TLSRole) throws(TLSError) {
        for name in names {
            if name.isEmpty || name.utf8.contains(0) {
                throw Self.fault(
                    role,
                    "'\(EscapedText(name))' is no provider's name",
                    hint: "Name default, base, legacy, fips or pkcs11, for example."
                )
            }
            guard let provider = OSSL_PROVIDER_load(self.pointer, name) else {
                throw self.notLoadable(name, role, OpenSSLErrorQueue.drainWithData())
            }
            self.loaded.append(provider)
        }
    }

    /// The query becomes the context's default, so that no function can be called without it.
    private func setProperties(_ role: TLSRole) throws(TLSError) {
        guard let properties = self.providers.properties else { return }
        let isText = !properties.utf8.contains(0)
        guard isText, EVP_set_default_properties(self.pointer, properties) == 1 else {
            throw Self.fault(
                role,
                "OpenSSL cannot read the property query '\(EscapedText(properties))'",
                hint: "Its form is explained in property(7): fips=yes, for example.",
                codes: OpenSSLErrorQueue.drain()
            )
        }
    }
}

internal import COpenSSL

/// An OSSL_LIB_CTX* with providers of its own. Where a configuration names none there is no such object, and OpenSSL's
/// default context serves.
///
/// It must outlive whatever was made in it, which OpenSSL does not see to: sessions, certificates and keys hold it, and
/// free what is theirs first.
final class LibraryContext: Sendable {
    /// Safe to share: OpenSSL guards what changes in it with locks of its own.
    nonisolated(unsafe) let pointer: OpaquePointer
    let providers: TLSConfiguration.Providers

    /// Safe to share: only `init` changes it, before anybody else has the object.
    private nonisolated(unsafe) var loaded: [OpaquePointer] = []

    /// Loads what `providers` name; blocks on files and on the initialisation of modules. Use ``shared(for:role:)``.
    ///
    /// - Parameter role: Of whoever asks, for errors.
    init(_ providers: TLSConfiguration.Providers, role: TLSRole) throws(TLSError) {
        ERR_clear_error()
        // What was tried in vain leaves entries behind, for others on this thread to trip over.
        defer { ERR_clear_error() }
        guard let pointer = OSSL_LIB_CTX_new() else {
            throw Self.fault(role, "OpenSSL could not make a library context", codes: OpenSSLErrorQueue.drain())
        }
        self.pointer = pointer
        self.providers = providers
        try self.setModulePath(role)
        try self.readConfigurationFile(role)
        try self.loadProviders(role)
        try self.setProperties(role)
        try self.checkAlgorithms(role)
    }

    deinit {
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

    private func loadProviders(_ role: TLSRole) throws(TLSError) {
        for name in self.providers.names {
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

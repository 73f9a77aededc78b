internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

// What can be wrong with providers, and the check that finds it before a handshake does.

extension LibraryContext {
    static func fault(_ role: TLSRole, _ message: String, hint: String = "", codes: [UInt] = []) -> TLSError {
        .configuration(.invalidConfiguration, role, message, hint: hint, codes: codes)
    }

    func notLoadable(_ name: String, _ role: TLSRole, _ entries: [OpenSSLErrorQueue.Entry]) -> TLSError {
        let hint =
            switch name {
            case "fips":
                "Install its module (on Debian the package openssl-provider-fips), and name as configurationFile a file that "
                    + "includes the fipsmodule.cnf that 'openssl fipsinstall' makes. Once its self-test has failed, only a new "
                    + "process can load it."
            case "pkcs11": "Install it (on Debian the package pkcs11-provider), or name its directory as modulePath."
            default: "Check its spelling, install it, or name the directory of its module as modulePath."
            }
        return Self.fault(
            role,
            "OpenSSL cannot load the provider '\(EscapedText(name))'; modules are looked for in "
                + "'\(EscapedText(self.moduleDirectory))'\(Self.text(of: entries))",
            hint: hint,
            codes: entries.map(\.code)
        )
    }

    static func onlyStores(_ names: Set<String>, _ role: TLSRole) -> TLSError {
        let names = names.sorted().map { "'\(EscapedText($0, limit: 64))'" }
        return Self.fault(
            role,
            "nothing but stores is opened by \(Self.list(names)), and TLS needs a provider that does the rest",
            hint: "Name default, too; or fips and base."
        )
    }

    func activatedByFile(_ name: String, _ role: TLSRole) -> TLSError {
        let names = (self.providers.names.isEmpty ? ["default"] : self.providers.names.filter { $0 != name }) + [name]
        let list = names.map { "\"\(EscapedText($0, limit: 64))\"" }.joined(separator: ", ")
        return Self.fault(
            role,
            "the configuration file '\(EscapedText(self.providers.configurationFile ?? ""))' activates the provider "
                + "'\(EscapedText(name, limit: 64))', which must not be at work in handshakes: OpenSSL would have it verify "
                + "peers' certificates",
            hint:
                "Take 'activate' out of its section there, and name it here: providers: .init([\(list)], configurationFile: …)."
        )
    }

    private var moduleDirectory: String {
        if let path = self.providers.modulePath { return path }
        if let value = getenv("OPENSSL_MODULES") { return String(cString: value) }
        return OPENSSL_info(Int32(OPENSSL_INFO_MODULES_DIR)).map { String(cString: $0) } ?? "unknown"
    }

    /// OpenSSL's own words, to follow a clause: the one entry that says most, which is the first with a detail.
    static func text(of entries: [OpenSSLErrorQueue.Entry]) -> String {
        guard let entry = entries.first(where: { !$0.data.isEmpty }) ?? entries.first else { return "" }
        let reason = OpenSSLReason(entry.code).text
        return ": \(reason)" + (entry.data.isEmpty ? "" : " (\(EscapedText(entry.data, limit: 512)))")
    }

    /// Without these no handshake works: better said here than by one that fails for no reason it could name.
    func checkAlgorithms(_ role: TLSRole) throws(TLSError) {
        let missing = Self.neededAlgorithms.filter { !$0.isOffered(self.pointer) }.map(\.name)
        guard !missing.isEmpty else { return }
        let codes = OpenSSLErrorQueue.drain()
        let names = self.activeProviders.map { "'\(EscapedText($0, limit: 64))'" }.joined(separator: ", ")
        let what = missing.count == Self.neededAlgorithms.count ? "nothing that TLS needs" : "no \(Self.list(missing))"
        if let properties = self.providers.properties {
            throw Self.fault(
                role,
                "the property query '\(EscapedText(properties))' leaves \(what), which TLS cannot do without; the providers "
                    + "are \(names.isEmpty ? "none" : names)",
                hint: properties.contains("fips")
                    ? "Load a FIPS provider and what reads keys: providers: .init([\"fips\", \"base\"], …), with a "
                        + "configurationFile that includes the fipsmodule.cnf that 'openssl fipsinstall' makes."
                    : "Name providers that offer these algorithms with such properties.",
                codes: codes
            )
        }
        throw Self.fault(
            role,
            "the providers \(names.isEmpty ? "" : "\(names) ")have \(what), which TLS cannot do without",
            hint: "Name default, too; with fips, base reads keys and certificates.",
            codes: codes
        )
    }

    private static func list(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return "\(names.dropLast().joined(separator: ", ")) and \(last)"
    }

    private struct Algorithm: Sendable {
        let name: String
        let isOffered: @Sendable (OpaquePointer) -> Bool

        init<Object>(
            _ name: String,
            _ fetch: @escaping @Sendable (OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Object?,
            _ free: @escaping @Sendable (Object?) -> Void,
            as algorithm: String
        ) {
            self.name = name
            self.isOffered = { library in
                guard let found = fetch(library, algorithm, nil) else { return false }
                free(found)
                return true
            }
        }
    }

    private static var neededAlgorithms: [Algorithm] {
        [
            Algorithm("random numbers", EVP_RAND_fetch, EVP_RAND_free, as: "CTR-DRBG"),
            Algorithm("SHA-256", EVP_MD_fetch, EVP_MD_free, as: "SHA2-256"),
            Algorithm("HMAC", EVP_MAC_fetch, EVP_MAC_free, as: "HMAC"),
            Algorithm("HKDF", EVP_KDF_fetch, EVP_KDF_free, as: "HKDF"),
            Algorithm("AES-GCM", EVP_CIPHER_fetch, EVP_CIPHER_free, as: "AES-128-GCM"),
            Algorithm("elliptic curves", EVP_KEYMGMT_fetch, EVP_KEYMGMT_free, as: "EC"),
            Algorithm("decoder of keys", OSSL_DECODER_fetch, OSSL_DECODER_free, as: "EC"),
        ]
    }

    var providersOfStores: Set<String> { Self.providersOfStores(in: self.pointer) }

    /// The names of the providers that open stores of their own kind, beyond files.
    ///
    /// - Parameter library: An OSSL_LIB_CTX*; nil for OpenSSL's default.
    static func providersOfStores(in library: OpaquePointer?) -> Set<String> {
        var names: Set<String> = []
        withUnsafeMutablePointer(to: &names) { names in
            let note: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Void = { loader, names in
                guard let loader, OSSL_STORE_LOADER_is_a(loader, "file") != 1,
                    let provider = OSSL_STORE_LOADER_get0_provider(loader),
                    let name = OSSL_PROVIDER_get0_name(provider), let names
                else { return }
                names.assumingMemoryBound(to: Set<String>.self).pointee.insert(String(cString: name))
            }
            OSSL_STORE_LOADER_do_all_provided(library, note, names)
        }
        return names
    }

    /// The names of the providers that are at work, in alphabetical order.
    var activeProviders: [String] {
        var names: [String] = []
        withUnsafeMutablePointer(to: &names) { names in
            let note: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { provider, names in
                guard let name = OSSL_PROVIDER_get0_name(provider), let names else { return 1 }
                names.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
                return 1
            }
            _ = OSSL_PROVIDER_do_all(self.pointer, note, names)
        }
        return names.sorted()
    }
}

extension OpenSSLErrorQueue {
    struct Entry {
        var code: UInt
        /// What OpenSSL or a provider adds in words: a file's name, for instance. May hold anything that they were given.
        var data: String
    }

    /// The same as ``drain()``, with what stands beside the codes. Not for stores, whose URIs may hold secrets.
    static func drainWithData() -> [Entry] {
        var entries: [Entry] = []
        var data: UnsafePointer<CChar>?
        var flags: Int32 = 0
        while case let code = ERR_get_error_all(nil, nil, nil, &data, &flags), code != 0 {
            let isText = flags & Int32(ERR_TXT_STRING) != 0
            if entries.count < 16 {
                entries.append(Entry(code: code, data: isText ? data.map { String(cString: $0) } ?? "" : ""))
            }
        }
        return entries
    }
}

extension TLSConfiguration {
    /// Which of OpenSSL's providers do the cryptography, in a library context of its own (OSSL_LIB_CTX(3), provider(7)).
    ///
    /// ```swift
    /// let token = TLSConfiguration(trustRoots: "ca.pem", providers: ["default", "pkcs11"])
    /// let validated = TLSConfiguration(
    ///     trustRoots: "ca.pem",
    ///     providers: .init(["fips", "base"], properties: "fips=yes", configurationFile: "fips.cnf")
    /// )
    /// ```
    ///
    /// Everything that a configuration does is done there: handshakes, records and tickets, and the decoding of its keys,
    /// certificates and revocation lists. What the providers do not offer fails when the configuration is validated;
    /// nothing ever falls back on others, but for two things that OpenSSL does with those of the process whatever is named
    /// here: the signatures of OCSP responses are checked by them, and before OpenSSL 3.2 a client's certificate that comes
    /// with a ticket is decoded by them.
    ///
    /// A provider of stores, such as `pkcs11`, is loaded into a second context, with all others and without a property query:
    /// there it opens stores that are no files and signs with their keys, and nothing else is done.
    ///
    /// Equal values share one library context, which is kept until the process ends, since OpenSSL cannot free one that threads
    /// have used: neither a reload nor a new configuration reads the file and the modules again. A process can have 64.
    public struct Providers: Sendable, Hashable, ExpressibleByArrayLiteral {
        /// The names of the providers to load, `default`, `base`, `legacy`, `fips` or `pkcs11` for example. If there are
        /// none, the configuration file decides, and without one OpenSSL's default provider is used.
        public var names: [String]
        /// Which implementations may be used (property(7)), for example `fips=yes`; nil for all.
        public var properties: String?
        /// A file in the format of config(5), of at most 1 MiB, read before providers are loaded: it can give them
        /// parameters, and activate more, but for those of stores, which have to be named. For `fips` it includes the
        /// `fipsmodule.cnf` that `openssl fipsinstall` makes, and has `fips = fips_sect` among the providers. It should have
        /// nothing but providers in it: what else OpenSSL finds there, such as `ssl_conf`, may count for the whole process.
        public var configurationFile: String?
        /// The directory of the providers' modules; nil for OpenSSL's own, or what `OPENSSL_MODULES` says.
        public var modulePath: String?

        /// Providers by name; see the properties of the same names.
        public init(
            _ names: [String],
            properties: String? = nil,
            configurationFile: String? = nil,
            modulePath: String? = nil
        ) {
            self.names = names
            self.properties = properties
            self.configurationFile = configurationFile
            self.modulePath = modulePath
        }

        /// The providers of these names.
        public init(arrayLiteral names: String...) { self.init(names) }
    }
}

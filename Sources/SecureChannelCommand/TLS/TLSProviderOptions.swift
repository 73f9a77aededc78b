internal import ArgumentParser
internal import SecureChannel

/// Which of OpenSSL's providers do the cryptography.
struct TLSProviderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "One of OpenSSL's providers to use instead of the process's: default, fips, base, pkcs11 …; repeatable. (default: none)",
            valueName: "name"
        )
    )
    var provider: [String] = []

    @Option(
        help: ArgumentHelp(
            "What algorithms of these providers must be, for example fips=yes. (default: nothing)",
            valueName: "query"
        )
    )
    var providerProperties: String?

    @Option(
        help: ArgumentHelp(
            "An OpenSSL configuration for these providers, which module a token needs for example. (default: none)",
            valueName: "file"
        )
    )
    var providerConfiguration: String?

    @Option(
        help: ArgumentHelp(
            "Where these providers' modules are. (default: OpenSSL's own directory)",
            valueName: "directory"
        )
    )
    var providerModules: String?

    var providers: TLSConfiguration.Providers? {
        guard !given.isEmpty else { return nil }
        return TLSConfiguration.Providers(
            provider,
            properties: providerProperties,
            configurationFile: providerConfiguration,
            modulePath: providerModules
        )
    }

    /// The options that were given, by their names.
    var given: [String] {
        var names: [String] = []
        if !provider.isEmpty { names.append("--provider") }
        if providerProperties != nil { names.append("--provider-properties") }
        if providerConfiguration != nil { names.append("--provider-configuration") }
        if providerModules != nil { names.append("--provider-modules") }
        return names
    }
}

internal import ArgumentParser
internal import Foundation
internal import SecureChannel

/// TLS, as the subcommands are told of it: options on one side, a `TLSConfiguration` on the other.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Our own certificate, then the intermediate ones: PEM, DER, PKCS#12, or the URI of a store (pkcs11:…, with \
            --provider default --provider pkcs11). A server needs one. (default: none)
            """,
            valueName: "file"
        )
    )
    var certificate: String?

    @Option(
        help: ArgumentHelp(
            """
            The certificate's private key: PEM, DER, PKCS#12, or the URI of a store (pkcs11:…). (default: the certificate's \
            file, if it holds the key too)
            """,
            valueName: "file"
        )
    )
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Holds the passphrase of an encrypted key, or a token's PIN, on one line. Nothing ever prompts. (default: none)",
            valueName: "file"
        )
    )
    var passphraseFile: String?

    @Option(
        help: ArgumentHelp(
            """
            Whom to trust: authorities, or the other side's own certificate, in a file or in all files of a directory; \
            repeatable. (default: the system's authorities; for serve nobody)
            """,
            valueName: "path"
        )
    )
    var authority: [String] = []

    @Option(
        help: ArgumentHelp(
            "What serve asks of its clients. (default: required with --authority, else none)",
            valueName: "none|optional|required"
        )
    )
    var clientCertificates: ClientCertificates?

    @Option(
        help: ArgumentHelp(
            "The name or IP address that the server must prove to have. Not for serve. (default: the address's host)",
            valueName: "name"
        )
    )
    var serverName: String?

    @Option(
        name: .customLong("minimum-tls"),
        help: ArgumentHelp("The oldest version of TLS to speak; 1.2 for aiomas.", valueName: "1.2|1.3")
    )
    var minimumVersion: MinimumVersion = .tls13

    @Option(
        name: .customLong("alpn"),
        help: ArgumentHelp(
            "An application protocol (ALPN) to agree on; repeatable, preferred first. (default: none)",
            valueName: "name"
        )
    )
    var applicationProtocols: [String] = []

    @Option(
        name: .customLong("chain-depth"),
        help: ArgumentHelp(
            "How many certificates may stand between the other side's own and a trusted one.",
            valueName: "number"
        )
    )
    var maximumChainDepth = 4

    @OptionGroup(title: "TLS providers")
    var providers: TLSProviderOptions

    @OptionGroup(title: "TLS checks")
    var checks: TLSCheckOptions

    @OptionGroup(title: "TLS algorithms")
    var algorithms: TLSAlgorithmOptions

    enum ClientCertificates: String, CaseIterable, ExpressibleByArgument {
        case none
        case optional
        case required

        var setting: TLSConfiguration.ClientCertificates {
            switch self {
            case .none: .none
            case .optional: .optional
            case .required: .required
            }
        }
    }

    enum MinimumVersion: String, CaseIterable, ExpressibleByArgument {
        case tls12 = "1.2"
        case tls13 = "1.3"

        var setting: TLSVersion {
            switch self {
            case .tls12: .tls12
            case .tls13: .tls13
            }
        }
    }
}

extension TLSOptions {
    /// - Throws: `ValidationError` when there are options of TLS beside another address: who gives a certificate believes
    ///   that bytes are encrypted.
    func validate(beside address: String) throws {
        if Self.isTLS(address) || given.isEmpty { return }
        throw ValidationError(
            "\(address) is without TLS, so \(given.joined(separator: ", ")) can do nothing there. "
                + "Write tls://host:port to encrypt."
        )
    }

    /// Reads an address, with these options beside it if it is one of TLS.
    ///
    /// - Throws: `ChannelError` when it is none.
    func address(
        _ text: String,
        handshakeTimeout: Duration,
        resumes: Bool? = nil,
        isStrict: Bool? = nil
    ) throws -> Address {
        guard Self.isTLS(text) else { return try Address(text, tls: nil) }
        return try Address(
            text,
            tls: configuration(
                handshakeTimeout: handshakeTimeout,
                resumes: resumes ?? checks.resume,
                isStrict: isStrict ?? checks.strict
            )
        )
    }

    static func isTLS(_ address: String) -> Bool {
        address.hasPrefix("tls:")
    }

    /// For a look at what a server shows whatever it is: nothing is insisted on, and nobody's certificate is given away.
    func configurationForALook(handshakeTimeout: Duration) -> TLSConfiguration {
        TLSConfiguration(
            trustRoots: trustRoots ?? .system,
            serverName: serverName,
            verification: .dangerouslyNone,
            minimumVersion: .tls12,
            handshakeTimeout: handshakeTimeout
        )
    }

    private func configuration(handshakeTimeout: Duration, resumes: Bool, isStrict: Bool) -> TLSConfiguration {
        TLSConfiguration(
            certificate: certificate.map { Self.isStore($0) ? .store($0) : .file($0) },
            privateKey: key.map { Self.isStore($0) ? .store($0) : .file($0) },
            passphraseFile: passphraseFile,
            trustRoots: trustRoots,
            clientCertificates: clientCertificates?.setting ?? .automatic,
            serverName: serverName,
            verification: isStrict ? .strict : .full,
            minimumVersion: minimumVersion.setting,
            applicationProtocols: applicationProtocols,
            handshakeTimeout: handshakeTimeout,
            revocationLists: checks.revocationLists,
            ocspResponse: checks.ocspResponse.map { .file($0) },
            ocspStapling: checks.ocspStapling,
            publicKeyPins: checks.pin.map { TLSConfiguration.PublicKeyPin($0) },
            algorithms: algorithms.algorithms,
            dangerouslyLogKeysTo: algorithms.dangerouslyLogKeysTo,
            resumption: resumes ? .tickets() : .off,
            maximumChainDepth: maximumChainDepth,
            providers: providers.providers
        )
    }

    /// Whether it is a URI rather than a path.
    private static func isStore(_ text: String) -> Bool { text.hasPrefix("pkcs11:") || text.hasPrefix("file:") }

    private var trustRoots: TLSConfiguration.TrustRoots? {
        guard !authority.isEmpty else { return nil }
        return TLSConfiguration.TrustRoots(
            authority.map { path in
                if Self.isStore(path) { return .store(path) }
                var isDirectory: ObjCBool = false
                let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
                return exists && isDirectory.boolValue ? .directory(path) : .file(path)
            }
        )
    }

    /// The options that were given, by their names.
    private var given: [String] {
        var names: [String] = []
        if certificate != nil { names.append("--certificate") }
        if key != nil { names.append("--key") }
        if passphraseFile != nil { names.append("--passphrase-file") }
        if !authority.isEmpty { names.append("--authority") }
        if clientCertificates != nil { names.append("--client-certificates") }
        if serverName != nil { names.append("--server-name") }
        if !applicationProtocols.isEmpty { names.append("--alpn") }
        if maximumChainDepth != 4 { names.append("--chain-depth") }
        return names + providers.given + checks.given + algorithms.given
    }
}

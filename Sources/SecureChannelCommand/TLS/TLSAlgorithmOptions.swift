internal import ArgumentParser
internal import SecureChannel

/// Which algorithms are used, by OpenSSL's names.
struct TLSAlgorithmOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A cipher suite of TLS 1.3; repeatable, best first. (default: AES-128-GCM, AES-256-GCM, ChaCha20-Poly1305)",
            valueName: "name"
        )
    )
    var cipherSuite: [String] = []

    @Option(
        name: .customLong("tls12-cipher"),
        help: ArgumentHelp(
            "A cipher of TLS 1.2; repeatable, best first. (default: ECDHE+AESGCM, ECDHE+CHACHA20)",
            valueName: "name"
        )
    )
    var tls12Cipher: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            A group of the key exchange; repeatable, best first. (default: X25519MLKEM768 where OpenSSL has it, X25519, P-256, \
            P-384)
            """,
            valueName: "name"
        )
    )
    var group: [String] = []

    @Option(
        help: ArgumentHelp(
            "A signature algorithm to take of the other side; repeatable, best first. (default: OpenSSL's)",
            valueName: "name"
        )
    )
    var signatureAlgorithm: [String] = []

    @Option(
        help: ArgumentHelp("How strong keys must be, 2 to 5. (default: the system's, at least 2)", valueName: "number")
    )
    var securityLevel: Int?

    @Flag(help: "Leave algorithms to openssl.cnf and the system's crypto policy.")
    var systemPolicy = false

    @Option(
        help: ArgumentHelp(
            "Append the secrets of all connections to a file: whoever reads it reads the traffic. (default: never)",
            valueName: "file"
        )
    )
    var dangerouslyLogKeysTo: String?

    func validate() throws {
        let chosen = given.filter { $0 != "--system-policy" && $0 != "--dangerously-log-keys-to" }
        if systemPolicy, let first = chosen.first {
            throw ValidationError("--system-policy and \(first) exclude one another.")
        }
    }

    var algorithms: TLSConfiguration.Algorithms {
        if systemPolicy { return .system }
        var algorithms = TLSConfiguration.Algorithms.recommended
        if !cipherSuite.isEmpty { algorithms.cipherSuites = cipherSuite }
        if !tls12Cipher.isEmpty { algorithms.tls12Ciphers = tls12Cipher }
        if !group.isEmpty { algorithms.groups = group }
        algorithms.signatureAlgorithms = signatureAlgorithm
        algorithms.securityLevel = securityLevel
        return algorithms
    }

    /// The options that were given, by their names.
    var given: [String] {
        var names: [String] = []
        if !cipherSuite.isEmpty { names.append("--cipher-suite") }
        if !tls12Cipher.isEmpty { names.append("--tls12-cipher") }
        if !group.isEmpty { names.append("--group") }
        if !signatureAlgorithm.isEmpty { names.append("--signature-algorithm") }
        if securityLevel != nil { names.append("--security-level") }
        if systemPolicy { names.append("--system-policy") }
        if dangerouslyLogKeysTo != nil { names.append("--dangerously-log-keys-to") }
        return names
    }
}

internal import Foundation

/// The library's errors name parameters of Swift; who runs a command has options. Everything that the command says of such
/// errors goes through here.
enum CommandWords {
    static func text(_ text: String) -> String {
        var text = text.replacing(#/providers: \.init\(\[([^\]]*)\], configurationFile: …\)/#) { match in
            "--provider with each of \(match.1), and --provider-configuration"
        }
        for (words, options) in replacements where text.contains(words) {
            text = Self.replacing(words, by: options, in: text)
        }
        return text
    }

    /// Whole sentences and phrases come before the single words in them.
    static let replacements: [(words: String, options: String)] = [
        ("Give the client certificate and privateKey", "Give the client --certificate and --key"),
        ("set clientCertificates to .optional here", "serve with --client-certificates optional"),
        ("Leave verification at .full, or set clientCertificates to .none.", "Say --client-certificates none."),
        ("On a server name trustRoots; on a client leave verification at .full.", "With serve, name --authority, too."),
        (
            "Give it as certificate or trustRoots, and from memory with .pkcs12(…).",
            "Name it with --certificate or --authority."
        ),
        ("as trustRoots (or .system, if you mean everybody)", "with --authority"),
        ("lower minimumVersion to .tls12", "allow the older version with --minimum-tls 1.2"),
        ("set ocspStapling to .checked", "say --ocsp checked"),
        ("revocationLists.checking(.peer)", "--revocation-scope peer"),
        (
            "Raise maximumMessageSize on both ends, or send it in parts.",
            "Send it in parts: this command takes no larger ones."
        ),
        (
            "Raise maximumMessageSize on this side if such messages are expected.",
            "This command takes no larger messages."
        ),
        ("Raise drainTimeout, or find the handler that does not end.", "Find the request that does not end."),
        ("JSONCodec(allowsNonFinite: true) does it as Python", "--codec msgpack has one"),
        (
            "Raise maximumOutboundCalls or maximumOutboundBytes, on both ends, if it needs more at once.",
            "Ask for fewer at once."
        ),
        ("the codec's maximumDepth", "the codec allows"),
        ("the codec's maximumMemory", "which is all that this command gives it"),
        ("onChannel failed", "Serving failed"),
        ("Give its passphrase.", "Give its passphrase with --passphrase-file."),
        ("Give it as passphrase.", "Give it with --passphrase-file."),
        ("PIN as passphrase", "PIN with --passphrase-file"),
        ("Give a maximumChainDepth", "Give --chain-depth a number"),
        ("Give the configuration a serverName.", "Name it with --server-name."),
        ("set serverName to one", "name one with --server-name"),
        ("certificate and privateKey", "--certificate and --key"),
        ("as certificate or trustRoots", "with --certificate or --authority"),
        ("as trustRoots", "with --authority"),
        ("as privateKey", "with --key"),
        ("as revocationLists", "with --revocation-list"),
        ("as serverName", "with --server-name"),
        ("as modulePath", "with --provider-modules"),
        ("as configurationFile", "with --provider-configuration"),
        ("applicationProtocols", "--alpn"),
        ("clientCertificates", "--client-certificates"),
        ("configurationFile", "--provider-configuration"),
        ("connectTimeout", "--timeout"),
        ("handshakeTimeout", "--timeout"),
        ("maximumChainDepth", "--chain-depth"),
        ("minimumVersion", "--minimum-tls"),
        ("modulePath", "--provider-modules"),
        ("ocspResponse", "--ocsp-response"),
        ("ocspStapling", "--ocsp"),
        ("privateKey", "--key"),
        ("publicKeyPins", "--pin"),
        ("retryTimeout", "--retry"),
        ("revocationLists", "--revocation-list"),
        ("serverName", "--server-name"),
        ("trustRoots", "--authority"),
    ]

    /// Only where the words stand by themselves: in the path of a file or in a peer's quoted name they are not ours.
    private static func replacing(_ words: String, by options: String, in text: String) -> String {
        var (result, rest) = ("", text[...])
        while let range = rest.range(of: words) {
            let before = text[..<range.lowerBound].last
            let after = text[range.upperBound...].prefix(2)
            result += rest[..<range.lowerBound] + (isEdge(before, after) ? options : words)
            rest = rest[range.upperBound...]
        }
        return result + rest
    }

    private static func isEdge(_ before: Character?, _ after: Substring) -> Bool {
        guard before.map({ $0.isWhitespace || $0 == "(" }) ?? true else { return false }
        guard let first = after.first else { return true }
        if first.isWhitespace || ",;:)".contains(first) { return true }
        // A full stop ends a sentence, and does not begin a file's extension.
        return first == "." && (after.dropFirst().first.map(\.isWhitespace) ?? true)
    }
}

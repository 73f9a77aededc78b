internal import ArgumentParser
internal import SecureChannel

/// What is asked of certificates beyond a chain to an authority, and whether it is asked each time.
struct TLSCheckOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A certificate revocation list, PEM or DER; repeatable. Each authority needs one. (default: none)",
            valueName: "file"
        )
    )
    var revocationList: [String] = []

    @Option(
        help: ArgumentHelp(
            "Which certificates the lists are asked about: all of a chain, or the other side's own.",
            valueName: "chain|peer"
        )
    )
    var revocationScope: Scope = .chain

    @Option(
        help: ArgumentHelp(
            "What serve sends along with its certificate: an OCSP response, DER. (default: nothing)",
            valueName: "file"
        )
    )
    var ocspResponse: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of the OCSP response that a server sends along, or does not. Not for serve.",
            valueName: "ignored|checked|required"
        )
    )
    var ocsp: Stapling = .ignored

    @Option(
        help: ArgumentHelp(
            "The SHA-256 of a public key that the other side's chain must have, in base64; repeatable. (default: none)",
            valueName: "base64"
        )
    )
    var pin: [String] = []

    @Flag(
        help:
            "Refuse certificates that are not as RFC 5280 wants them. (default: those that lead to an authority will do)"
    )
    var strict = false

    @Flag(help: "Resume sessions by tickets instead of looking at certificates each time. (default: never)")
    var resume = false

    enum Scope: String, CaseIterable, ExpressibleByArgument { case chain, peer }
    enum Stapling: String, CaseIterable, ExpressibleByArgument { case ignored, checked, required }

    var revocationLists: TLSConfiguration.RevocationLists? {
        guard !revocationList.isEmpty else { return nil }
        return TLSConfiguration.RevocationLists(revocationList.map { .file($0) })
            .checking(revocationScope == .peer ? .peer : .wholeChain)
    }

    var ocspStapling: TLSConfiguration.OCSPStapling {
        switch ocsp {
        case .ignored: .ignored
        case .checked: .checked
        case .required: .required
        }
    }

    /// The options that were given, by their names.
    var given: [String] {
        var names: [String] = []
        if !revocationList.isEmpty { names.append("--revocation-list") }
        if ocspResponse != nil { names.append("--ocsp-response") }
        if ocsp != .ignored { names.append("--ocsp") }
        if !pin.isEmpty { names.append("--pin") }
        if strict { names.append("--strict") }
        if resume { names.append("--resume") }
        return names
    }
}

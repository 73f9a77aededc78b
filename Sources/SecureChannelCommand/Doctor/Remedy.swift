internal import Foundation
internal import SecureChannel

/// What mends a fault, in words of this command: an option, or a line for a shell.
struct Remedy {
    /// The address that was examined, as it was given.
    let address: String

    func fault(_ error: ChannelError) -> Diagnosis.Fault {
        if let cause = error.cause as? TLSError { return fault(cause) }
        return Diagnosis.Fault(
            code: error.code.rawValue,
            what: Self.sentence(error.message),
            mend: mend(error),
            status: CommandStatus(error)
        )
    }

    func fault(_ error: TLSError) -> Diagnosis.Fault {
        Diagnosis.Fault(
            code: Self.code(error.cause),
            what: Self.sentence(error.message),
            mend: mend(error),
            status: CommandStatus(error)
        )
    }

    /// Found by a look at a server that was not insisted on.
    ///
    /// - Parameter told: what was found wrong with the chain before, and need not be said again in fewer words.
    func faults(
        _ inspection: TLSInspection,
        hasCertificate: Bool,
        told: TLSError.Verification?
    ) -> [Diagnosis.Fault] {
        var faults: [Diagnosis.Fault] = []
        if let fault = inspection.details.fault, fault != told { faults.append(chainFault(fault, inspection.details)) }
        if inspection.details.isForExpectedName == false { faults.append(nameFault(inspection.details)) }
        if !hasCertificate, inspection.details.isClientCertificateRequested,
            case .refused(let error) = inspection.reception
        {
            faults.append(fault(error))
        }
        return faults
    }

    var wantsTLS: Diagnosis.Fault {
        Diagnosis.Fault(
            code: "serverWantsTLS",
            what: "The server speaks TLS, and the address is without.",
            mend: "Give it as tls://: securechannel doctor tls://\(place)",
            status: .connection
        )
    }

    /// The server is none of channels.
    func foreign(_ name: String) -> Diagnosis.Fault {
        Diagnosis.Fault(
            code: "foreignProtocol",
            what: "The server speaks \(name), which no channel does.",
            mend: "Check the port: it is another service's.",
            status: .connection
        )
    }

    func closedAtOnce(_ error: ChannelError) -> Diagnosis.Fault {
        Diagnosis.Fault(
            code: "closedAtOnce",
            what: "The server takes the connection and closes it at once.",
            mend: "See the server's log: it may have as many connections as it takes, or keep this host out.",
            status: .connection
        )
    }

    func closedAfterHandshake(asksForCertificate: Bool) -> Diagnosis.Fault {
        Diagnosis.Fault(
            code: "closedAfterHandshake",
            what: "The server ends the connection as soon as the handshake is over, without a reason.",
            mend: "See the server's log: a proxy does so when it cannot reach what is behind it"
                + (asksForCertificate
                    ? ", and some servers where no client certificate that they take is shown." : "."),
            status: .connection
        )
    }

    // MARK: Mends

    /// The address without its scheme.
    private var place: Substring { address[(address.range(of: "://")?.upperBound ?? address.startIndex)...] }

    private func mend(_ error: ChannelError) -> String {
        switch error.code {
        case .connectFailed where address.hasPrefix("unix:"):
            "\(error.hint) Start it there: securechannel serve \(address)"
        case .connectFailed, .connectTimedOut:
            "\(error.hint) On its host, `ss -ltn` lists what listens; a firewall may be between."
        default: error.hint
        }
    }

    private func mend(_ error: TLSError) -> String {
        switch error.cause {
        case .unknownAuthority where Self.isNamesake(error):
            "Two authorities have one name, or it was made anew: name the certificate of the one that signed with "
                + "--authority; get it from whoever runs that authority, not from this connection."
        case .unknownAuthority, .selfSigned: trust(error.certificate)
        case .certificateExpired: Self.renewal(error)
        case .certificateNotYetValid:
            "Compare `date -u` here and on the host that made the certificate, and set the clocks."
        case .hostnameMismatch: otherName(error.certificate?.subjectAlternativeNames ?? [])
        case .revocationUnknown where error.alertSent == 113:
            "Have the server send one: with this command, serve --ocsp-response FILE. Or leave --ocsp out."
        case .revocationUnknown:
            "Name a list of each authority in the chain, in date, with --revocation-list, or ask about the server's own "
                + "certificate alone with --revocation-scope peer."
        case .publicKeyNotPinned: "If it is the right server, and you know its key from elsewhere, name it with --pin."
        case .versionMismatch: "Allow the older version with --minimum-tls 1.2, or bring the server up to date."
        case .alpnMismatch: "Name the server's protocol with --alpn, or leave --alpn out if it has none."
        case .peerIsNotTLS(.http), .peerIsNotTLS(.ssh): "Check the port: it is another service's."
        case .peerIsNotTLS, .closedDuringHandshake:
            "If the server is meant to be without TLS, leave TLS out: securechannel doctor tcp://\(place)"
        case .certificateRejectedByPeer(alert: 116): showCertificate
        case .certificateRejectedByPeer where error.certificate == nil: showCertificate
        case .certificateRejectedByPeer:
            "\(error.hint) A server of this command trusts whom its own --authority names."
        case .passphraseMissing, .passphraseWrong: "Name the file that holds it with --passphrase-file."
        case .keyMismatch, .privateKeyMissing: "\(error.hint) Name the right one with --key."
        case .certificateMissing: "Name it with --certificate."
        case .noTrustRoots: "Name your authority's certificate with --authority."
        default:
            // The library has no hint for some codes.
            if error.hint.isEmpty, let fault = error.verification {
                Self.mend(ofChainFault: fault.code)
            } else {
                error.hint
            }
        }
    }

    private var showCertificate: String {
        "Show one with --certificate and --key. For trying things out, `securechannel certificates DIRECTORY` makes a set."
    }

    private func trust(_ certificate: TLSPeerCertificate?) -> String {
        let issuer = certificate.map { " of \(Printable.quoted($0.issuer))" } ?? ""
        return
            "Name the certificate\(issuer) with --authority; get it from whoever runs that authority, not from this connection. "
            + "If it is named already, the server must send its intermediate certificates, too."
    }

    private func otherName(_ names: [TLSPeerCertificate.SubjectAlternativeName]) -> String {
        let name = names.lazy.compactMap { name in
            switch name {
            case .dns(let host) where Self.isPlain(host): host
            case .ip(let address) where Self.isPlain(address): address
            default: nil as String?
            }
        }.first
        guard let name else { return "Have the server's certificate issued for the name that you dial." }
        return "If that is the server you mean, dial '\(name)', or say --server-name \(name); "
            + "otherwise have the certificate issued for the name that you dial."
    }

    func chainFault(_ fault: TLSError.Verification, _ details: TLSPeerDetails) -> Diagnosis.Fault {
        let certificate = fault.depth < details.verifiedChain.count ? details.verifiedChain[fault.depth] : nil
        let whose = certificate.map { "The certificate \(Printable.quoted($0.subject))" } ?? "The server's certificate"
        return self.fault(
            TLSError(
                Self.cause(ofChainFault: fault.code),
                phase: .handshake,
                message: "\(whose) does not verify: \(fault.text)",
                hint: Self.mend(ofChainFault: fault.code),
                details: TLSError.Details(verification: fault, certificate: certificate)
            )
        )
    }

    private func nameFault(_ details: TLSPeerDetails) -> Diagnosis.Fault {
        let names = details.sentChain.first?.subjectAlternativeNames ?? []
        return self.fault(
            TLSError(
                .hostnameMismatch,
                phase: .handshake,
                message: "The certificate is not for \(Printable.quoted(details.expectedName ?? "")): it is for "
                    + (names.isEmpty ? "nobody" : names.prefix(8).map { "\($0)" }.joined(separator: ", ")),
                details: TLSError.Details(certificate: details.sentChain.first)
            )
        )
    }

    // MARK: Words

    /// What a person may paste into a shell, although a server has written it: no pattern, and no character that a shell reads.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"): true
            default: false
            }
        } && !name.hasPrefix("-")
    }

    /// The case's name, without what it carries.
    private static func code(_ cause: TLSError.Cause) -> String { String("\(cause)".prefix { $0 != "(" }) }

    private static func sentence(_ text: String) -> String {
        let text = text.prefix(1).uppercased() + text.dropFirst()
        return text.hasSuffix(".") ? text : text + "."
    }
}

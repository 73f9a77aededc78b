internal import Foundation
internal import SecureChannel

extension Diagnosis {
    /// Several lines, the last one without its end.
    var text: String {
        var lines = [address, ""] + Columns.aligned(rows)
        for fault in faults { lines += ["", "fault: \(fault.what)", "mend:  \(fault.mend)"] }
        lines += ["", verdict]
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        guard works else { return "A channel would not work." }
        return isTLS
            ? "A channel would open. Only a request can tell whether a channel's server is behind it: securechannel send."
            : "A channel would open. Without TLS only a request can tell whether it is a channel's server: securechannel send."
    }

    private var rows: [[String]] {
        var rows = [["reachable", reachability]]
        guard isReachable == true else { return rows }
        rows.append([
            "speaks TLS", speaksTLS.map { $0 ? "yes" : "no" } ?? (isTLS ? "not as far as it let us" : "not tried"),
        ])
        guard let inspection else { return rows }
        let (information, details) = (inspection.information, inspection.details)
        rows += [
            ["version", information.version],
            ["cipher", information.cipher],
            ["group", information.group ?? "unknown"],
            ["ALPN", applicationProtocol],
        ]
        rows += Self.rows("chain as sent", details.sentChain)
        if isInspectionVerified {
            rows += Self.rows("chain as verified", details.verifiedChain)
        } else {
            rows.append([
                "chain as verified",
                details.fault.map { "it does not verify: \($0.text)" } ?? "it leads to a trusted certificate",
            ])
        }
        rows += [
            ["name", name(details)],
            ["client certificate", clientCertificateText(details)],
            ["resumption", resumption(details)],
            ["revocation", revocationText(details)],
            ["strict", strictText],
        ]
        return rows
    }

    private func resumption(_ details: TLSPeerDetails) -> String {
        guard details.hasTicket else { return "no ticket came while we looked" }
        return switch isResumed {
        case true?: "the server sent a ticket, and took it back on another connection"
        case false?: "the server sent a ticket, and did not take it back"
        case nil: "the server sent a ticket; whether it takes it back was not tried"
        }
    }

    private func revocationText(_ details: TLSPeerDetails) -> String {
        guard isInspectionVerified else {
            if faults.contains(where: { $0.code == "certificateRevoked" }) { return "the certificate is revoked" }
            if faults.contains(where: { $0.code == "revocationUnknown" }) {
                return "asked about, and it cannot be told"
            }
            return "not asked about, for something else is wrong"
        }
        var parts: [String] = []
        if !revocation.lists.isEmpty {
            parts.append("on no list of \(revocation.lists.map { Printable.quoted($0) }.joined(separator: ", "))")
        }
        if revocation.stapling != .ignored {
            parts.append(
                details.hasOCSPResponse ? "the server sent a good OCSP response" : "the server sent no OCSP response"
            )
        }
        return parts.isEmpty ? "not checked; --revocation-list and --ocsp do" : parts.joined(separator: "; ")
    }

    private var reachability: String {
        switch isReachable {
        case true?: "yes" + (peer.map { ", at \($0)" } ?? "")
        case false?: "no"
        case nil: "not tried"
        }
    }

    private var applicationProtocol: String {
        let offered = offeredProtocols.map { Printable.quoted($0) }.joined(separator: ", ")
        if let chosen = inspection?.information.applicationProtocol {
            return "\(Printable.quoted(chosen)) of \(offered)"
        }
        return offered.isEmpty ? "none, for none is offered" : "none of \(offered)"
    }

    private func name(_ details: TLSPeerDetails) -> String {
        guard let name = details.expectedName, let isFor = details.isForExpectedName else { return "unknown" }
        return isFor
            ? "\(Printable.quoted(name)) is among the certificate's"
            : "\(Printable.quoted(name)) is none of the certificate's"
    }

    private func clientCertificateText(_ details: TLSPeerDetails) -> String {
        let authorities = details.requestedAuthorities.prefix(4).map { Printable.quoted($0) }.joined(separator: ", ")
        let asked = "asked for" + (authorities.isEmpty ? "" : ", of \(authorities)")
        let own = details.ownCertificate.map { "ours, \(Printable.quoted($0.subject))," } ?? "ours"
        return switch clientCertificate {
        case .notRequested?: "not asked for"
        // Web servers take any certificate in the handshake, and refuse each request afterwards.
        case .accepted?:
            "\(asked); \(own) is accepted by the handshake; only a request can tell whether the server does"
        case .notRefused?: "\(asked); \(own) was not refused within a second"
        case .notNeeded?:
            "\(asked); we show none, and the handshake needs none; only a request can tell whether the server does"
        case .refused?: "\(asked); \(own) is refused"
        case .missing?: "\(asked) and required; we have none"
        case .unknown? where isInspectionVerified:
            "\(asked); the server hung up before it could be told what it does with ours"
        case .unknown?, nil: "\(asked); whether ours is taken was not tried"
        }
    }

    private static func rows(_ title: String, _ chain: [TLSPeerCertificate]) -> [[String]] {
        guard !chain.isEmpty else { return [[title, "none"]] }
        return chain.prefix(8).enumerated().map { [$0 == 0 ? title : "", Self.line($1, isLeaf: $0 == 0)] }
    }

    private static func line(_ certificate: TLSPeerCertificate, isLeaf: Bool) -> String {
        let names = certificate.subjectAlternativeNames
        let list = names.prefix(8).map { "\($0)" }.joined(separator: ", ") + (names.count > 8 ? " and more" : "")
        return "\(Printable.quoted(certificate.subject)), by \(Printable.quoted(certificate.issuer)), "
            + "\(day(certificate.notBefore)) to \(day(certificate.notAfter))"
            + (isLeaf ? ", for \(names.isEmpty ? "nobody" : list)" : "")
    }

    private static func day(_ date: Date) -> String { date.formatted(.iso8601.year().month().day()) }
}

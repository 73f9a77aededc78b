internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

// What was wrong with the peer's certificate, or with one that vouches for it.

extension FailedSession {
    var verification: Explanation {
        guard let fault = self.verificationFault else {
            return Explanation(.certificateRejected, "the \(self.peer)'s certificate does not verify")
        }
        let certificate = self.certificate(at: fault.depth)
        let whose = self.whose(fault.depth, certificate)
        switch fault.code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return Explanation(
                .certificateExpired,
                "\(whose) has expired: it was valid until \(Self.text(certificate?.notAfter)); \(Self.clock)",
                "Have it renewed; if the date is wrong, set the clock of this host."
            )
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return Explanation(
                .certificateNotYetValid,
                "\(whose) is not valid yet: it is valid from \(Self.text(certificate?.notBefore)); \(Self.clock)",
                "Check the clocks of this host and of the one that made the certificate."
            )
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            return self.wrongName(whose, certificate)
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            let fingerprint = certificate.map { X509Text.hexadecimal($0.sha256Fingerprint) } ?? "unknown"
            return Explanation(
                .selfSigned,
                "\(whose) signed itself and is none of \(self.trust); its SHA-256 is \(fingerprint)",
                "If it is the right one, add it to trustRoots; otherwise have an authority sign it."
            )
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED:
            return self.unknownAuthority(fault, whose, certificate)
        case X509_V_ERR_CERT_CHAIN_TOO_LONG:
            return Explanation(
                .certificateRejected,
                "\(whose) is too far from a trust root: more than \(self.maximumChainDepth) certificates stand in between",
                "Trust an authority nearer to it, or raise maximumChainDepth."
            )
        case X509_V_ERR_INVALID_PURPOSE:
            return self.wrongPurpose(fault, whose)
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
            return self.tooWeak(fault, whose)
        case X509_V_ERR_CERT_REVOKED:
            return Explanation(
                .certificateRevoked,
                "\(whose) is revoked, says its issuer's revocation list",
                "Have a new one issued, and find out why this one was taken back."
            )
        case _ where VerificationFault.saysRevocationIsUnknown(fault.code):
            return self.revocationUnknown(fault, whose)
        case X509_V_ERR_APPLICATION_VERIFICATION:
            return self.refusal(whose, certificate)
        default:
            return self.authorityFault(fault, whose) ?? self.otherFault(fault, whose)
        }
    }

    /// OpenSSL was content, and we were not.
    private func refusal(_ whose: String, _ certificate: TLSPeerCertificate?) -> Explanation {
        switch self.ssl.flatMap({ Refusal.reason(on: $0) }) {
        case .notPinned:
            // As it would have to be given.
            let own = certificate.map { "sha256//" + Data($0.sha256PublicKey).base64EncodedString() } ?? "unknown"
            return Explanation(
                .publicKeyNotPinned,
                "\(whose) verifies, but no public key of its chain is pinned; its own is \(own)",
                "If the \(self.peer) has a new key, and you know it from elsewhere, pin that too."
            )
        case .program(let text):
            return self.refusedByProgram(text)
        case .staple, nil:
            return self.refusedByProgram("")
        }
    }

    /// - Parameter why: in the program's words; may be empty.
    func refusedByProgram(_ why: String) -> Explanation {
        Explanation(
            .refusedByProgram,
            "\(self.whose(0, self.certificate(at: 0))) verifies, but the program's own check refuses it"
                + (why.isEmpty ? "" : ": \(EscapedText(why))"),
            "Ask whoever runs this program whom it lets in."
        )
    }

    private func revocationUnknown(_ fault: VerificationFault, _ whose: String) -> Explanation {
        let why =
            switch fault.code {
            case X509_V_ERR_UNABLE_TO_GET_CRL: "there is no revocation list of its issuer's"
            case X509_V_ERR_CRL_HAS_EXPIRED: "its issuer's revocation list is out of date"
            case X509_V_ERR_CRL_NOT_YET_VALID: "its issuer's revocation list is not valid yet"
            case X509_V_ERR_CRL_SIGNATURE_FAILURE:
                "the revocation list with its issuer's name is not signed by its issuer's key"
            default: "its issuer's revocation list cannot be used (\(fault.text))"
            }
        return Explanation(
            .revocationUnknown,
            "whether \(whose) is revoked cannot be told: \(why)",
            // Without a key identifier a list is taken for that of any authority with its issuer's name.
            fault.code == X509_V_ERR_CRL_SIGNATURE_FAILURE
                ? "It was altered, or it is of another authority with the same name; lists with an authority key identifier "
                    + "are told apart."
                : "Bring the issuer's revocation list up to date"
                    + (fault.depth == 0
                        ? "." : ", or ask about the peer's own certificate alone: revocationLists.checking(.peer).")
        )
    }

    private func otherFault(_ fault: VerificationFault, _ whose: String) -> Explanation {
        let hint =
            switch fault.code {
            case X509_V_ERR_INVALID_CA, X509_V_ERR_INVALID_NON_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
                "It has signed a certificate, but is no authority's: have the chain issued properly."
            case _ where self.isStrict: "Have it issued as RFC 5280 wants it, or verify less strictly."
            default: ""
            }
        return Explanation(.certificateRejected, "\(whose) does not verify: \(fault.text)", hint)
    }

    private var isStrict: Bool {
        self.ssl.map { X509_VERIFY_PARAM_get_flags(SSL_get0_param($0)) & UInt(X509_V_FLAG_X509_STRICT) != 0 } ?? false
    }

    private func wrongPurpose(_ fault: VerificationFault, _ whose: String) -> Explanation {
        let (use, needed) = self.role == .client ? ("a server", "serverAuth") : ("a client", "clientAuth")
        let usages = self.x509(at: fault.depth).map(X509Text.extendedKeyUsages) ?? []
        let why =
            usages.isEmpty || usages.contains(needed)
            ? "its key usage does not allow it"
            : "it needs the extended key usage \(needed) and has [\(usages.joined(separator: ", "))]"
        return Explanation(
            .wrongCertificatePurpose,
            "\(whose) may not be used by \(use): \(why)",
            "Have it issued for this use, or for both."
        )
    }

    private func tooWeak(_ fault: VerificationFault, _ whose: String) -> Explanation {
        let level = self.ssl.map { SSL_get_security_level($0) } ?? 0
        let x509 = self.x509(at: fault.depth)
        let key = x509.flatMap { X509_get0_pubkey($0) }
        let kind = key.flatMap { EVP_PKEY_get0_type_name($0) }.map { String(cString: $0) } ?? "unknown"
        let signature = x509.flatMap { OBJ_nid2sn(X509_get_signature_nid($0)) }.map { String(cString: $0) } ?? "unknown"
        return Explanation(
            .certificateTooWeak,
            "\(whose) is too weak for OpenSSL's security level \(level): \(fault.text); its key is \(kind) with "
                + "\(key.map { EVP_PKEY_get_bits($0) } ?? 0) bits, its signature \(signature)",
            "It needs EC P-256, or RSA with 2048 bits or more, signed with SHA-256."
        )
    }

    private func wrongName(_ whose: String, _ certificate: TLSPeerCertificate?) -> Explanation {
        let expected = self.expectedName
        let asked = expected.map { "\($0.isAddress ? "IP address " : "")'\(EscapedText($0.text))'" } ?? "the host"
        let all = certificate?.subjectAlternativeNames ?? []
        let names =
            all.prefix(8).map { "\($0)" }.joined(separator: ", ") + (all.count > 8 ? ", and \(all.count - 8) more" : "")
        let list = all.isEmpty ? "it names nobody (a common name does not count)" : "it is for [\(names)]"
        let isNameForAddress = expected?.isAddress == true && !all.isEmpty
        return Explanation(
            .hostnameMismatch,
            "\(whose) is not for \(asked): \(list)",
            isNameForAddress
                ? "DNS names do not count for an IP address: connect by name, set serverName, or have the address put in."
                : "Connect by one of its names, set serverName to one, or have the certificate issued for this name."
        )
    }

    private func unknownAuthority(
        _ fault: VerificationFault,
        _ whose: String,
        _ certificate: TLSPeerCertificate?
    ) -> Explanation {
        if fault.code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN {
            return Explanation(
                .unknownAuthority,
                "the \(self.peer)'s chain ends in the root '\(EscapedText(certificate?.subject ?? ""))', which is none of "
                    + self.trust
                    + (self.hasNamesake(at: fault.depth) ? ": one has that name, but another key" : ""),
                "If this root is the right one, add it to trustRoots; never take it from the connection itself."
            )
        }
        if let disguise = self.disguise(at: fault.depth, whose) { return disguise }
        let issuer = certificate.map { "'\(EscapedText($0.issuer))'" } ?? "unknown"
        if self.hasOnlyLeaf {
            return Explanation(
                .unknownAuthority,
                "\(whose) is signed by \(issuer), which is none of \(self.trust), and the session was resumed: it has only "
                    + "the \(self.peer)'s own certificate, without intermediate certificates",
                "A new connection is verified with all certificates that the \(self.peer) sends. If resumed ones have to last, "
                    + "add that authority to trustRoots."
            )
        }
        return Explanation(
            .unknownAuthority,
            "\(whose) is signed by \(issuer), which is none of \(self.trust)",
            "Add that authority's root to trustRoots; if it is there, the \(self.peer) must send its intermediate "
                + "certificates too, leaf first."
        )
    }

    var trust: String {
        let count = self.numberOfTrustRoots
        let origin = self.notes.map { " (\(EscapedText($0.trust, limit: 512)))" } ?? ""
        return "the trusted certificates, \(count) in number\(origin)"
    }

    /// For example: the server's certificate 'CN=db1' (issued by 'CN=ca', serial 0A)
    func whose(_ depth: Int32, _ certificate: TLSPeerCertificate?) -> String {
        let which =
            depth == 0
            ? "the \(self.peer)'s certificate" : "a certificate above the \(self.peer)'s (depth \(depth))"
        guard let certificate else { return which }
        return "\(which) '\(EscapedText(certificate.subject))' (issued by '\(EscapedText(certificate.issuer))', serial "
            + "\(EscapedText(certificate.serialNumber, limit: 48)))"
    }

    private static var clock: String { "the clock of this host says \(X509Text.text(Date()))" }

    private static func text(_ date: Date?) -> String { date.map { X509Text.text($0) } ?? "an unknown date" }
}

extension VerificationFault {
    /// OpenSSL's own words.
    var text: String { X509_verify_cert_error_string(Int(self.code)).map { String(cString: $0) } ?? "unknown" }
}

internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What would make every handshake fail with a certificate of ours, or many of them: each peer would say it in its own words, or
/// not at all; better say it here, once.
struct IdentityCheck {
    let context: TLSContext
    let origin: CredentialReader
    /// Our own certificate, and those above it.
    let chain: [X509Certificate]

    struct Fault {
        var cause: TLSError.Cause
        var message: String
        var hint: String
    }

    /// - Returns: what is wrong further up, where peers may know another way.
    func warnings() throws(TLSError) -> [String] {
        guard let own = self.chain.first else { return [] }
        if let fault = Self.dateFault(of: own) ?? Self.extensionFault(of: own) ?? self.keyFault(of: own) {
            throw self.error(fault, own)
        }
        return self.chain.enumerated().dropFirst().compactMap { index, certificate in
            (Self.dateFault(of: certificate) ?? Self.extensionFault(of: certificate)).map { fault in
                "\(self.origin.place): certificate \(index + 1) in it \(fault.message). Peers that know no other way to a "
                    + "trusted one will refuse ours. \(fault.hint)"
            }
        }
    }

    /// - Parameter sent: What of the chain is sent.
    func checkSize(of sent: ArraySlice<X509Certificate>) throws(TLSError) {
        // Each with its length and, in TLS 1.3, that of its extensions (RFC 8446, section 4.4.2).
        let size = 8 + sent.reduce(0) { $0 + 5 + Int(max(0, i2d_X509($1.pointer, nil))) }
        guard size > TLSContext.maximumChainBytes, let own = sent.first else { return }
        throw self.error(
            Fault(
                cause: .invalidConfiguration,
                message: "takes \(size) bytes with its chain, and peers of this library accept "
                    + "\(TLSContext.maximumChainBytes / 1024) KiB",
                hint: "Leave out what is not needed above it, or have one issued with fewer names."
            ),
            own
        )
    }

    private func error(_ fault: Fault, _ certificate: X509Certificate) -> TLSError {
        self.origin.fault(
            fault.cause,
            fault.message,
            hint: fault.hint,
            certificate: TLSPeerCertificate(certificate.pointer, in: self.context.library)
        )
    }

    // MARK: Dates

    private static func dateFault(of certificate: X509Certificate) -> Fault? {
        let now = Date()
        let subject = EscapedText(X509Text.name(X509_get_subject_name(certificate.pointer)))
        let clock = "the clock of this host says \(X509Text.text(now))"
        guard let notBefore = X509Text.readableDate(X509_get0_notBefore(certificate.pointer)),
            let notAfter = X509Text.readableDate(X509_get0_notAfter(certificate.pointer))
        else {
            return Fault(
                cause: .invalidConfiguration,
                message: "has a date that cannot be read in the validity of '\(subject)'",
                hint: "Have it issued anew; dates are written as RFC 5280, section 4.1.2.5, says."
            )
        }
        if notAfter < now {
            return Fault(
                cause: .ownCertificateExpired,
                message: "has expired: '\(subject)' was valid until \(X509Text.text(notAfter)), and \(clock)",
                hint: "Have it renewed, or set the clock right."
            )
        }
        if notBefore > now {
            return Fault(
                cause: .ownCertificateNotYetValid,
                message: "is not valid yet: '\(subject)' is valid from \(X509Text.text(notBefore)), and \(clock)",
                hint: "Set the clock right, or wait."
            )
        }
        return nil
    }

    // MARK: Extensions

    private static func extensionFault(of certificate: X509Certificate) -> Fault? {
        defer { ERR_clear_error() }
        let subject = EscapedText(X509Text.name(X509_get_subject_name(certificate.pointer)))
        var seen: Set<String> = []
        for index in 0..<X509_get_ext_count(certificate.pointer) {
            let object = X509_EXTENSION_get_object(X509_get_ext(certificate.pointer, index))
            let identifier = X509Text.objectIdentifier(object)
            guard seen.insert(identifier).inserted else {
                return Fault(
                    cause: .invalidConfiguration,
                    message: "has the extension \(Self.name(object, identifier)) twice, in '\(subject)'",
                    hint: "Have it issued anew: peers refuse a certificate that says something twice."
                )
            }
        }
        var isCritical: Int32 = 0
        let names = X509_get_ext_d2i(certificate.pointer, NID_subject_alt_name, &isCritical, nil)
        defer { GENERAL_NAMES_free(names.map { OpaquePointer($0) }) }
        if names == nil, isCritical != -1 {
            return Fault(
                cause: .invalidConfiguration,
                message: "has a subjectAltName that cannot be decoded, in '\(subject)'",
                hint: "Have it issued anew: to peers it is for nobody."
            )
        }
        guard X509_get_extension_flags(certificate.pointer) & UInt32(EXFLAG_INVALID) == 0 else {
            return Fault(
                cause: .invalidConfiguration,
                message: "has an extension that cannot be decoded, in '\(subject)'",
                hint: "Have it issued anew: peers refuse it."
            )
        }
        return nil
    }

    private static func name(_ object: OpaquePointer?, _ identifier: String) -> String {
        let number = OBJ_obj2nid(object)
        guard number != NID_undef, let name = OBJ_nid2sn(number) else { return identifier }
        return String(cString: name)
    }

    // MARK: Keys

    private func keyFault(of certificate: X509Certificate) -> Fault? {
        guard let key = X509_get0_pubkey(certificate.pointer) else { return nil }
        defer { ERR_clear_error() }
        let usable = KeyVersions(key, groups: self.context.notes.groups)
        let settings = self.context.settings
        let spoken = settings.minimumVersion...(max(settings.maximumVersion ?? .tls13, settings.minimumVersion))
        guard !usable.versions.contains(where: spoken.contains) else { return nil }
        let limits = spoken.lowerBound == spoken.upperBound ? "\(spoken.lowerBound)" : "TLS 1.2 and TLS 1.3"
        return Fault(
            cause: .invalidConfiguration,
            message: "has a key that \(limits) cannot use: \(usable.name)",
            hint: (usable.versions.first.map { "It works with \($0) alone. " } ?? usable.condition)
                + "Make a key of EC P-256 or P-384, RSA or Ed25519, which work with TLS 1.2 and TLS 1.3."
        )
    }
}

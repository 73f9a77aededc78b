internal import COpenSSL

// What is said of what is found.

extension CredentialReader {
    func holds(_ found: FoundContent) -> TLSError {
        self.fault(.wrongFileKind, "holds \(found.name), no \(self.kind.singular)", hint: found.hint(for: self.kind))
    }

    func holds(_ block: PEMBlock, of bytes: WipedBytes) -> TLSError {
        if block.label == "OPENSSH PRIVATE KEY", OpenSSHKey.isBoundToForm(pem: bytes.slice(block.range)) {
            return self.holds(.openSSHKeyBoundToForm)
        }
        return self.holds(FoundContent(pemLabel: block.label, for: self.kind))
    }

    func holdsSeveralKeys(_ count: Int) -> TLSError {
        self.fault(.wrongFileKind, "holds \(count) private keys", hint: "Leave only the certificate's.")
    }

    func ofSecondVersion() -> TLSError {
        self.fault(
            .wrongFileKind,
            "holds a private key in version 2 of PKCS#8 (RFC 5958), or a damaged one: this OpenSSL reads version 1 alone",
            hint: "Write it in version 1, without the public key beside it; the program that made it can, mostly.",
            codes: OpenSSLErrorQueue.drain()
        )
    }

    func damaged(_ what: String) -> TLSError {
        self.fault(
            .wrongFileKind,
            "is damaged: OpenSSL cannot decode the \(what)",
            hint: "Write it anew, whole.",
            codes: OpenSSLErrorQueue.drain()
        )
    }

    func passphraseMissing() -> TLSError {
        self.fault(.passphraseMissing, "is encrypted, and no passphrase is given", hint: "Give its passphrase.")
    }

    func cannotDecrypt() -> TLSError {
        let codes = OpenSSLErrorQueue.drain()
        // One wrong passphrase of 256 seems to fit, and gives bytes of which no decoder makes anything.
        let reasons = codes.map(OpenSSLReason.init)
        if reasons.contains(where: { $0.saysUnsupported && $0.library != ERR_LIB_OSSL_DECODER }) {
            return self.fault(
                .wrongFileKind,
                "is encrypted in a way that this OpenSSL does not offer",
                hint:
                    "Encrypt it anew: openssl pkcs8 -topk8 -provider default -provider legacy -v2 aes-256-cbc -in FILE -out NEWFILE",
                codes: codes
            )
        }
        return self.fault(
            .passphraseWrong,
            "does not open with the passphrase that is given",
            hint: "Check the passphrase; a line break at its end counts.",
            codes: codes
        )
    }

    /// - Parameter message: what follows "the certificate file 'x'".
    func fault(
        _ cause: TLSError.Cause,
        _ message: String,
        hint: String,
        certificate: TLSPeerCertificate? = nil,
        codes: [UInt] = []
    ) -> TLSError {
        .configuration(
            cause,
            self.role,
            "\(self.place) \(message)",
            hint: hint,
            certificate: certificate,
            codes: codes
        )
    }

    /// For example: the certificate file 'certs/a.pem' (from '/srv')
    var place: String {
        guard case .file(let path) = self.source, !self.source.isPEMTextAsPath else {
            return "the \(self.kind.rawValue) (\(self.source))"
        }
        let directory = CredentialFile(path: path).workingDirectory.map { " (from '\(EscapedText($0))')" } ?? ""
        return "the \(self.kind.rawValue) file \(self.source)\(directory)"
    }
}

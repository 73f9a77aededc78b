internal import COpenSSL

extension CredentialReader {
    func bundle(_ contents: WipedBytes) throws(TLSError) -> PKCS12Bundle {
        guard contents.count <= self.kind.limit else {
            throw self.fault(
                .wrongFileKind,
                "is larger than \(self.kind.limit / 1_048_576) MiB",
                hint: "Check that it is the right one."
            )
        }
        do {
            defer { withExtendedLifetime(contents) {} }
            return try PKCS12Bundle(contents.bytes, passphrase: self.passphrase, in: self.library)
        } catch {
            switch error {
            case .damaged(let codes):
                throw self.fault(
                    .wrongFileKind,
                    "is damaged: OpenSSL cannot decode the PKCS#12",
                    hint: "Write it anew, whole.",
                    codes: codes
                )
            case .passphrase where self.passphrase == nil: throw self.passphraseMissing()
            case .passphrase(let codes):
                throw self.fault(
                    .passphraseWrong,
                    "does not open with the passphrase that is given",
                    hint: "Check the passphrase; a line break at its end counts. If it is right, the file is damaged.",
                    codes: codes
                )
            case .unsupportedSeal(let codes):
                throw self.fault(
                    .wrongFileKind,
                    "is sealed with PBMAC1 (RFC 9579), which this OpenSSL cannot verify: it came with OpenSSL 3.4",
                    hint: "Convert it to PEM, which is accepted too: openssl pkcs12 -nomacver -in FILE -out NEWFILE",
                    codes: codes
                )
            case .unsupported(let codes):
                throw self.fault(
                    .wrongFileKind,
                    "is encrypted in a way that the loaded providers do not offer: often it is RC2, as before OpenSSL 3, "
                        + "for which there is the provider legacy",
                    hint: self.library?.providers.properties?.contains("fips") == true
                        ? "With FIPS give PEM, made where there is no such limit: openssl pkcs12 -legacy -in FILE -out NEWFILE"
                        : "Encrypt it anew, as PEM, which is taken too: openssl pkcs12 -legacy -in FILE -out NEWFILE. Or set "
                            + "providers: [\"default\", \"legacy\"].",
                    codes: codes
                )
            }
        }
    }

    /// It opens, and has not what it is asked for.
    func lacks(_ cause: TLSError.Cause) -> TLSError {
        self.fault(
            cause,
            "is PKCS#12 with no \(self.kind.singular) in it",
            hint: self.kind == .privateKey
                ? "Give the key as privateKey, or export both: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out FILE"
                : "Export it with its certificates: openssl pkcs12 -export -inkey KEY -in CERTIFICATE -out FILE"
        )
    }
}

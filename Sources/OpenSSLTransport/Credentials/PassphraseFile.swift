/// A file whose first line is a passphrase or a PIN: editors and `echo` end it with a line break that is no part of it.
struct PassphraseFile {
    let path: String

    /// More than the longest passphrase, so that a file of something else is told apart from one that is too long.
    private static let limit = 65_536

    /// - Throws: ``TLSError/Cause/fileUnreadable``, or ``TLSError/Cause/wrongFileKind`` for what would only be a wrong passphrase.
    func read(for role: TLSRole?) throws(TLSError) -> String {
        let file = CredentialFile(path: self.path)
        let contents: WipedBytes
        do {
            contents = try file.read(limit: Self.limit)
        } catch {
            switch error {
            case .tooLarge:
                throw self.fault(.wrongFileKind, "is larger than 64 KiB", "Check that it is the right file.", role)
            case .notRegular:
                throw self.fault(
                    .fileUnreadable,
                    "is no regular file",
                    "Write the passphrase to a file: a pipe could be waited for, and be read only once.",
                    role
                )
            default:
                let (message, hint) = file.explanation(of: error)
                throw self.fault(.fileUnreadable, message, hint, role)
            }
        }
        defer { withExtendedLifetime(contents) {} }
        let bytes = contents.bytes
        if bytes.isEmpty {
            throw self.fault(.wrongFileKind, "is empty", "Write the passphrase into its first line.", role)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw self.fault(
                .wrongFileKind,
                "begins with a byte order mark",
                "Save it without one (UTF-8, no BOM).",
                role
            )
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw self.fault(.wrongFileKind, "is text in UTF-16", "Save it as UTF-8.", role)
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw self.fault(
                .wrongFileKind,
                "is not in UTF-8, but in another encoding, such as Latin-1",
                "Save it as UTF-8, and encrypt the key anew if its passphrase was in the other encoding.",
                role
            )
        }
        return text
    }

    private func fault(_ cause: TLSError.Cause, _ message: String, _ hint: String, _ role: TLSRole?) -> TLSError {
        let directory = CredentialFile(path: self.path).workingDirectory.map { " (from '\(EscapedText($0))')" } ?? ""
        return .configuration(
            cause,
            role,
            "the passphrase file \(CredentialSource.place(self.path))\(directory) \(message)",
            hint: hint
        )
    }
}

extension TLSConfiguration.Settings {
    /// With the passphrase that is in its file now.
    func readingPassphrase(for role: TLSRole) throws(TLSError) -> Self {
        guard let path = self.passphraseFile else { return self }
        guard self.passphrase == nil else {
            throw .configuration(
                .invalidConfiguration,
                role,
                "there are a passphrase and a passphraseFile",
                hint: "Give one of them."
            )
        }
        var settings = self
        settings.passphrase = try PassphraseFile(path: path).read(for: role)
        return settings
    }
}

internal import COpenSSL

/// Reads certificates or a key from where they are, and says exactly what is wrong with what it finds there.
struct CredentialReader {
    let kind: CredentialKind
    let source: CredentialSource
    let role: TLSRole

    /// All certificates, in order; at least one.
    func certificates() throws(TLSError) -> [X509Certificate] {
        var certificates: [X509Certificate] = []
        switch try self.contents() {
        case .pem(let bytes, let blocks):
            for block in blocks where block.isCertificate {
                guard let certificate = X509Certificate(pem: bytes.slice(block.range)) else {
                    throw self.damaged("certificate of line \(block.line)")
                }
                certificates.append(certificate)
            }
            if certificates.isEmpty { throw self.holds(FoundContent(pemLabel: blocks[0].label, for: self.kind)) }
        case .der(let objects):
            for bytes in objects {
                guard let certificate = X509Certificate(der: bytes.bytes) else { throw self.notDER(bytes.bytes) }
                certificates.append(certificate)
            }
        }
        return certificates
    }

    /// All revocation lists; at least one.
    func revocationLists() throws(TLSError) -> [RevocationListHandle] {
        var lists: [RevocationListHandle] = []
        switch try self.contents() {
        case .pem(let bytes, let blocks):
            for block in blocks where block.isRevocationList {
                guard let list = RevocationListHandle(pem: bytes.slice(block.range)) else {
                    throw self.damaged("revocation list of line \(block.line)")
                }
                lists.append(list)
            }
            if lists.isEmpty { throw self.holds(FoundContent(pemLabel: blocks[0].label, for: self.kind)) }
        case .der(let objects):
            for bytes in objects {
                guard let list = RevocationListHandle(der: bytes.bytes) else { throw self.notDER(bytes.bytes) }
                lists.append(list)
            }
        }
        return lists
    }

    /// Whether there is a private key beside the certificates: many keep both in one file.
    func holdsPrivateKey() throws(TLSError) -> Bool {
        guard case .pem(_, let blocks) = try self.contents() else { return false }
        return blocks.contains(where: \.isPrivateKey)
    }

    func privateKey(passphrase: String?) throws(TLSError) -> KeyHandle {
        switch try self.contents() {
        case .pem(let bytes, let blocks):
            let keys = blocks.filter(\.isPrivateKey)
            guard let block = keys.first else {
                throw self.holds(FoundContent(pemLabel: blocks[0].label, for: self.kind))
            }
            guard keys.count == 1 else {
                throw self.fault(
                    .wrongFileKind,
                    "holds \(keys.count) private keys",
                    hint: "Leave only the certificate's."
                )
            }
            if block.isEncrypted, passphrase == nil { throw self.passphraseMissing() }
            if let key = KeyHandle(pem: bytes.slice(block.range), passphrase: passphrase) { return key }
            throw block.isEncrypted ? self.cannotDecrypt() : self.damaged("private key of line \(block.line)")
        case .der(let objects):
            guard let bytes = objects.first?.bytes, objects.count == 1 else { throw self.damaged("private key") }
            if KeyHandle.isEncrypted(der: bytes) {
                guard let passphrase else { throw self.passphraseMissing() }
                guard let key = KeyHandle(encryptedDER: bytes, passphrase: passphrase) else {
                    throw self.cannotDecrypt()
                }
                return key
            }
            guard let key = KeyHandle(der: bytes) else { throw self.notDER(bytes) }
            return key
        }
    }
}

extension CredentialReader {
    private enum Contents {
        /// With at least one block.
        case pem(WipedBytes, [PEMBlock])
        case der([WipedBytes])
    }

    private func contents() throws(TLSError) -> Contents {
        switch self.source {
        case .file: return try self.recognised(try self.readFile(), mayBeDER: true)
        case .pem(let bytes): return try self.recognised(WipedBytes(bytes), mayBeDER: false)
        case .der(let objects): return .der(objects.map { WipedBytes($0) })
        }
    }

    private func readFile() throws(TLSError) -> WipedBytes {
        guard case .file(let path) = self.source else { return WipedBytes([]) }
        if self.source.isPEMTextAsPath {
            throw self.fault(.fileUnreadable, "is not a path", hint: "Give text with .pem(…), and paths with .file(…).")
        }
        let file = CredentialFile(path: path)
        do {
            return try file.read(limit: self.kind.limit)
        } catch {
            let (message, hint) = file.explanation(of: error)
            throw self.fault(.fileUnreadable, message, hint: hint)
        }
    }

    private func recognised(_ contents: WipedBytes, mayBeDER: Bool) throws(TLSError) -> Contents {
        let bytes = contents.bytes
        guard bytes.contains(where: { $0 > 0x20 }) else {
            throw self.fault(.wrongFileKind, "is empty", hint: "Write the \(self.kind.singular) to it as PEM or DER.")
        }
        do {
            let blocks = try PEMBlock.all(in: bytes)
            if !blocks.isEmpty { return .pem(contents, blocks) }
        } catch {
            throw self.fault(.wrongFileKind, error.message, hint: "Write it anew, whole.")
        }
        if bytes.first == 0x30, mayBeDER { return .der([contents]) }
        throw self.notPEM(bytes)
    }

    private func notPEM(_ bytes: UnsafeRawBufferPointer) -> TLSError {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return self.fault(.wrongFileKind, "is text in UTF-16", hint: "Save it as UTF-8 or ASCII.")
        }
        if bytes.first == 0x30, FoundContent(der: bytes) != nil {
            return self.fault(.wrongFileKind, "holds DER, not PEM", hint: "Give it with .der(…).")
        }
        if String(decoding: bytes.prefix(4096), as: UTF8.self).contains("-----BEGIN ") {
            return self.fault(
                .wrongFileKind,
                "has its BEGIN not at the start of a line",
                hint: "Take away what stands before '-----BEGIN', spaces included."
            )
        }
        return self.fault(
            .wrongFileKind,
            "holds neither PEM nor DER",
            hint:
                "A \(self.kind.singular) in PEM starts with a line '-----BEGIN \(self.kind.pemLabel)-----'."
        )
    }

    private func notDER(_ bytes: UnsafeRawBufferPointer) -> TLSError {
        // Found, but not taken: then something follows it.
        switch (FoundContent(der: bytes), self.kind) {
        case (.some(.certificate), .certificate), (.some(.certificate), .trustRoots), (.some(.privateKey), .privateKey),
            (.some(.revocationList), .revocationLists):
            self.fault(
                .wrongFileKind,
                "has bytes after the end of the \(self.kind.singular)",
                hint: "DER holds one object; put several into a PEM file."
            )
        case (.some(let found), _): self.holds(found)
        case (nil, _): self.damaged(self.kind.singular)
        }
    }

    private func holds(_ found: FoundContent) -> TLSError {
        self.fault(.wrongFileKind, "holds \(found.name), no \(self.kind.singular)", hint: found.hint)
    }

    private func damaged(_ what: String) -> TLSError {
        self.fault(
            .wrongFileKind,
            "is damaged: OpenSSL cannot decode the \(what)",
            hint: "Write it anew, whole.",
            codes: OpenSSLErrorQueue.drain()
        )
    }

    private func passphraseMissing() -> TLSError {
        self.fault(.passphraseMissing, "is encrypted, and no passphrase is given", hint: "Give its passphrase.")
    }

    private func cannotDecrypt() -> TLSError {
        let codes = OpenSSLErrorQueue.drain()
        if codes.contains(where: { OpenSSLReason($0).saysUnsupported }) {
            return self.fault(
                .wrongFileKind,
                "is encrypted in a way that this OpenSSL does not offer",
                hint: "Encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEWFILE",
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

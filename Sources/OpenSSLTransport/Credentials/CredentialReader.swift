internal import COpenSSL

/// Reads certificates or a key from where they are, and says exactly what is wrong with what it finds there.
struct CredentialReader {
    let kind: CredentialKind
    let source: CredentialSource
    let role: TLSRole
    /// What opens it, if it has to be opened.
    var passphrase: String?
    /// Where it is decoded; nil for OpenSSL's default.
    var library: LibraryContext?
    /// Read once: what is taken from one file is of one moment.
    private let memory = Memory()

    init(
        kind: CredentialKind,
        source: CredentialSource,
        role: TLSRole,
        passphrase: String? = nil,
        library: LibraryContext? = nil
    ) {
        self.kind = kind
        self.source = source
        self.role = role
        self.passphrase = passphrase
        self.library = library
    }

    /// All certificates, in the source's order; at least one.
    func certificates() throws(TLSError) -> [X509Certificate] {
        var certificates: [X509Certificate] = []
        switch try self.contents() {
        case .store(let store): return try store.certificates()
        case .pkcs12(let bundle):
            certificates = bundle.certificates
            if certificates.isEmpty { throw self.lacks(.wrongFileKind) }
        case .pem(let bytes, let blocks):
            for block in blocks where block.isCertificate {
                guard let certificate = X509Certificate(pem: bytes.slice(block.range), in: self.library) else {
                    throw self.damaged("certificate of line \(block.line)")
                }
                certificates.append(certificate)
            }
            if certificates.isEmpty { throw self.holds(blocks[0], of: bytes) }
        case .der(let objects):
            for bytes in objects {
                guard let certificate = X509Certificate(der: bytes.bytes, in: self.library) else {
                    throw self.notDER(bytes.bytes)
                }
                certificates.append(certificate)
            }
        }
        return certificates
    }

    /// Whether it is to be read as certificates where a directory's files are: not text without any PEM, nor PEM of other things,
    /// unless it is called like a certificate.
    func mayHoldCertificates(named name: String) throws(TLSError) -> Bool {
        let isCalledSo = [".pem", ".crt", ".cer", ".der"].contains { name.lowercased().hasSuffix($0) }
        let contents = try self.readFile()
        if let blocks = try? PEMBlock.all(in: contents.bytes), !blocks.isEmpty {
            return blocks.contains(where: \.isCertificate)
        }
        let isText =
            contents.count > 0 && String(validating: contents.bytes, as: UTF8.self)?.contains("-----BEGIN") == false
            && !contents.bytes.contains { $0 < 0x20 && !"\t\n\r\u{C}".utf8.contains($0) }
        return !isText || isCalledSo
    }

    /// All revocation lists; at least one.
    func revocationLists() throws(TLSError) -> [RevocationListHandle] {
        var lists: [RevocationListHandle] = []
        switch try self.contents() {
        case .pkcs12, .store: throw self.holds(.pkcs12)
        case .pem(let bytes, let blocks):
            for block in blocks where block.isRevocationList {
                guard let list = RevocationListHandle(pem: bytes.slice(block.range), in: self.library) else {
                    throw self.damaged("revocation list of line \(block.line)")
                }
                lists.append(list)
            }
            if lists.isEmpty { throw self.holds(blocks[0], of: bytes) }
        case .der(let objects):
            for bytes in objects {
                guard let list = RevocationListHandle(der: bytes.bytes, in: self.library) else {
                    throw self.notDER(bytes.bytes)
                }
                lists.append(list)
            }
        }
        return lists
    }

    /// Whether there is a private key beside the certificates: many keep both in one file.
    func holdsPrivateKey() throws(TLSError) -> Bool {
        switch try self.contents() {
        case .pem(_, let blocks): blocks.contains(where: \.isPrivateKey)
        case .der: false
        case .pkcs12(let bundle): bundle.key != nil
        case .store(let store): try store.holdsPrivateKey()
        }
    }

    /// Whether the order of certificates says which is the first, as it does not where programs put them together.
    var isOrdered: Bool {
        switch self.source {
        case .pkcs12, .store: return false
        case .file, .pem, .der:
            if case .pkcs12 = self.memory.contents { return false }
            return true
        }
    }

    /// The one private key; of several in a store that of the one of `certificates` that has its key there.
    func privateKey(of certificates: [X509Certificate]) throws(TLSError) -> KeyHandle {
        switch try self.contents() {
        case .store(let store): return try store.privateKey(of: certificates)
        case .pkcs12(let bundle):
            guard let key = bundle.key else { throw self.lacks(.privateKeyMissing) }
            guard bundle.keyCount <= 1 else { throw self.holdsSeveralKeys(bundle.keyCount) }
            return key
        case .pem(let bytes, let blocks):
            let keys = blocks.filter(\.isPrivateKey)
            guard let block = keys.first else {
                throw self.holds(blocks[0], of: bytes)
            }
            guard keys.count == 1 else { throw self.holdsSeveralKeys(keys.count) }
            if block.isEncrypted, self.passphrase == nil { throw self.passphraseMissing() }
            let pem = bytes.slice(block.range)
            if let key = KeyHandle(pem: pem, passphrase: self.passphrase, in: self.library) { return key }
            if block.isEncrypted { throw self.cannotDecrypt() }
            throw PKCS8Version.isSecond(pem: pem)
                ? self.ofSecondVersion() : self.damaged("private key of line \(block.line)")
        case .der(let objects):
            guard let bytes = objects.first?.bytes, objects.count == 1 else { throw self.damaged("private key") }
            if KeyHandle.isEncrypted(der: bytes) {
                guard let passphrase = self.passphrase else { throw self.passphraseMissing() }
                if let key = KeyHandle(encryptedDER: bytes, passphrase: passphrase, in: self.library) { return key }
                throw self.cannotDecrypt()
            }
            guard let key = KeyHandle(der: bytes, in: self.library) else { throw self.notDER(bytes) }
            return key
        }
    }
}

extension CredentialReader {
    private enum Contents {
        /// With at least one block.
        case pem(WipedBytes, [PEMBlock])
        case der([WipedBytes])
        case pkcs12(PKCS12Bundle)
        case store(StoreReader)
    }

    private final class Memory {
        var contents: Contents?
    }

    /// The same source for what else may be in it.
    func beside(as kind: CredentialKind) throws(TLSError) -> CredentialReader {
        let other = CredentialReader(
            kind: kind,
            source: self.source,
            role: self.role,
            passphrase: self.passphrase,
            library: self.library
        )
        if case .store = self.source { return other }
        other.memory.contents = try self.contents()
        return other
    }

    private func contents() throws(TLSError) -> Contents {
        // Each thing in a store is asked for by itself.
        if case .store(let uri) = self.source { return .store(StoreReader(uri: uri, reader: self)) }
        if let contents = self.memory.contents { return contents }
        let contents: Contents =
            switch self.source {
            case .file, .store: try self.recognised(try self.readFile(), mayBeDER: true)
            case .pem(let bytes): try self.recognised(WipedBytes(bytes), mayBeDER: false)
            case .der(let objects): .der(objects.map { WipedBytes($0) })
            case .pkcs12(let bytes): .pkcs12(try self.bundle(WipedBytes(bytes)))
            }
        self.memory.contents = contents
        return contents
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
            throw self.fault(.wrongFileKind, error.message, hint: error.hint)
        }
        if mayBeDER, self.kind != .revocationLists, PKCS12Bundle.isLikely(bytes) {
            return .pkcs12(try self.bundle(contents))
        }
        if bytes.first == 0x30, mayBeDER { return .der([contents]) }
        throw self.notPEM(bytes)
    }

    private func notPEM(_ bytes: UnsafeRawBufferPointer) -> TLSError {
        if let form = ForeignForm(bytes, as: self.kind) {
            return self.fault(.wrongFileKind, form.message, hint: form.hint)
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
        case (nil, .privateKey) where PKCS8Version.isSecond(der: bytes): self.ofSecondVersion()
        case (nil, _): self.damaged(self.kind.singular)
        }
    }
}

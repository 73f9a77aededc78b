internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Reads what a store has at a URI. See OSSL_STORE_open(3).
struct StoreReader {
    let uri: StoreURI
    /// For the passphrase, the library context, and what its errors are about.
    let reader: CredentialReader

    /// What is looked at of a store at most: a directory of certificates has a few hundred.
    static let maximumObjects = 4096

    /// All certificates, in the store's order; at least one.
    func certificates() throws(TLSError) -> [X509Certificate] {
        let found = try self.load(expecting: OSSL_STORE_INFO_CERT, passphrase: self.reader.passphrase)
        guard found.certificates.isEmpty else {
            try self.checkWhole(found)
            return found.certificates
        }
        throw self.nothing(found, self.reader.kind == .trustRoots ? .noTrustRoots : .certificateMissing)
    }

    /// The private key; of several that of the one of `certificates` that has its key here.
    func privateKey(of certificates: [X509Certificate]) throws(TLSError) -> KeyHandle {
        let found = try self.load(expecting: OSSL_STORE_INFO_PKEY, passphrase: self.reader.passphrase)
        guard let first = found.keys.first else { throw self.nothing(found, .privateKeyMissing) }
        let key = found.keys.count == 1 ? first : try self.choose(from: found, for: certificates)
        try self.checkWhole(found)
        return key
    }

    private func choose(from found: Found, for certificates: [X509Certificate]) throws(TLSError) -> KeyHandle {
        let owners = certificates.filter { found.key(of: $0) != nil }
        if let owner = owners.first, owners.allSatisfy({ X509_cmp($0.pointer, owner.pointer) == 0 }),
            let key = found.key(of: owner)
        {
            return key
        }
        throw self.reader.fault(
            .wrongFileKind,
            "has \(found.keys.count) private keys, "
                + (owners.isEmpty ? "none of them the certificate's" : "those of several certificates among them"),
            hint: self.uri.scheme == "pkcs11"
                ? "Name the right one: add ;object=NAME or ;id=%01 to the URI." : "Name the right one by its URI."
        )
    }

    /// Whether there is a private key at all; what stands in the way of knowing is told by ``privateKey(of:)``.
    func holdsPrivateKey() throws(TLSError) -> Bool {
        !(try self.load(expecting: OSSL_STORE_INFO_PKEY, passphrase: self.reader.passphrase).keys.isEmpty)
    }
}

extension StoreReader {
    private struct Found {
        var certificates: [X509Certificate] = []
        var keys: [KeyHandle] = []
        /// How many objects there were of other kinds, as "a public key".
        var others: Set<String> = []
        var codes: [UInt] = []
        var wasAsked = false
        /// Something could not be read.
        var isDamaged = false

        /// - Parameters:
        ///   - origin: Where it was decoded.
        ///   - library: Where it is to be used.
        mutating func take(_ certificate: X509Certificate, of origin: LibraryContext?, for library: LibraryContext?) {
            guard let library, library !== origin else { return self.certificates.append(certificate) }
            guard let moved = certificate.moved(to: library) else { return self.isDamaged = true }
            self.certificates.append(moved)
        }

        /// The first that fits: a token may show one key twice, since the provider pkcs11 keeps copies there of keys that are
        /// in use, which go with their users. Of SoftHSM's they come later.
        func key(of certificate: X509Certificate) -> KeyHandle? {
            self.keys.first { X509_check_private_key(certificate.pointer, $0.pointer) == 1 }
        }
    }

    /// Where it is opened: files as all other files are.
    private var library: LibraryContext? { self.uri.path == nil ? self.reader.library?.stores : self.reader.library }

    /// - Parameter kind: What to look for: a store need not show anything else.
    private func load(expecting kind: Int32?, passphrase: String?) throws(TLSError) -> Found {
        guard !self.uri.text.isEmpty, !self.uri.text.utf8.contains(0) else {
            throw self.reader.fault(.invalidConfiguration, "has an empty URI, or a NUL in it", hint: "Check the URI.")
        }
        // OpenSSL takes any URI for the name of a file first.
        if FileSignature.mayBlock(self.uri.text) || self.uri.path.map(FileSignature.mayBlock) == true {
            let (message, hint) = CredentialFile(path: self.uri.text).explanation(of: .notRegular)
            throw self.reader.fault(.fileUnreadable, message, hint: hint)
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        if self.uri.path == nil { try self.checkDefaultContext() }
        let prompt = StorePrompt(passphrase)
        var found = Found()
        let store = OSSL_STORE_open_ex(
            self.uri.text,
            self.library?.pointer,
            nil,
            StorePrompt.method,
            prompt.argument,
            nil,
            nil,
            nil
        )
        guard let store else { throw self.unopened(prompt, OpenSSLErrorQueue.drain()) }
        defer { OSSL_STORE_close(store) }
        // Of a file, whatever else is in it would then count as unreadable, and hide what really is.
        if let kind, self.uri.path == nil { OSSL_STORE_expect(store, kind) }
        var count = 0
        while OSSL_STORE_eof(store) != 1 {
            if let information = OSSL_STORE_load(store) {
                self.take(information, into: &found)
                OSSL_STORE_INFO_free(information)
            } else if OSSL_STORE_error(store) == 1, ERR_peek_error() != 0 {
                found.isDamaged = true  // at the end of a file, it is an error without a reason
            }
            count += 1
            guard count <= Self.maximumObjects else {
                throw self.reader.fault(
                    .wrongFileKind,
                    "has more than \(Self.maximumObjects) objects",
                    hint: "Name fewer of them by its URI."
                )
            }
        }
        found.codes = OpenSSLErrorQueue.drain()
        found.wasAsked = prompt.wasAsked
        return found
    }

    private func take(_ information: OpaquePointer, into found: inout Found) {
        switch OSSL_STORE_INFO_get_type(information) {
        case OSSL_STORE_INFO_CERT:
            guard let certificate = OSSL_STORE_INFO_get1_CERT(information) else { return }
            found.take(X509Certificate(owning: certificate), of: self.library, for: self.reader.library)
        case OSSL_STORE_INFO_PKEY:
            guard let key = OSSL_STORE_INFO_get1_PKEY(information) else { return }
            found.keys.append(KeyHandle(owning: key))
        case OSSL_STORE_INFO_PUBKEY: found.others.insert("a public key")
        case OSSL_STORE_INFO_CRL: found.others.insert("a revocation list")
        case OSSL_STORE_INFO_PARAMS: found.others.insert("parameters of keys")
        case OSSL_STORE_INFO_NAME: found.others.insert("names of other places")
        default: found.others.insert("something else")
        }
    }
}

// What is wrong, when nothing was found.

extension StoreReader {
    private func unopened(_ prompt: StorePrompt, _ codes: [UInt]) -> TLSError {
        let reasons = codes.map(OpenSSLReason.init)
        if let scheme = self.uri.scheme, scheme != "file",
            reasons.contains(where: { $0.isOfStore(OSSL_STORE_R_UNREGISTERED_SCHEME) || $0.saysUnsupported })
        {
            let name = scheme == "pkcs11" ? "pkcs11" : "NAME"
            return self.reader.fault(
                .invalidConfiguration,
                "cannot be opened: no provider for the scheme '\(EscapedText(scheme, limit: 64))' is loaded",
                hint: (scheme == "pkcs11" ? "On Debian it is in the package pkcs11-provider. " : "")
                    + Self.advice(naming: name),
                codes: codes
            )
        }
        if prompt.wasAsked { return self.locked(codes) }
        return self.reader.fault(
            .fileUnreadable,
            "cannot be opened" + Self.text(of: reasons),
            hint: "Check the URI.",
            codes: codes
        )
    }

    /// Part of what was asked for is not taken for all of it. What is locked, a key beside certificates for instance, is not
    /// damaged.
    private func checkWhole(_ found: Found) throws(TLSError) {
        guard found.isDamaged, !found.wasAsked else { return }
        throw self.reader.fault(
            .wrongFileKind,
            "has something in it that cannot be read" + Self.text(of: found.codes.map(OpenSSLReason.init)),
            hint: "Write it anew, whole, or name only what is needed.",
            codes: found.codes
        )
    }

    /// Nothing is opened by a provider that does its part in handshakes, too: see ``LibraryContext/load(_:role:)``.
    private func checkDefaultContext() throws(TLSError) {
        guard self.reader.library == nil, let provider = LibraryContext.providersOfStores(in: nil).sorted().first
        else { return }
        let name = EscapedText(provider, limit: 64)
        throw self.reader.fault(
            .invalidConfiguration,
            "would be opened by the provider '\(name)' that is loaded for the whole process, and be asked to verify peers' "
                + "certificates, too",
            hint: Self.advice(naming: name.description)
        )
    }

    private static func advice(naming provider: String) -> String {
        "Name it here, and give its section, without 'activate', in a file: providers: .init([\"default\", \"\(provider)\"], "
            + "configurationFile: …)."
    }

    private func nothing(_ found: Found, _ cause: TLSError.Cause) -> TLSError {
        if found.wasAsked, self.reader.passphrase == nil { return self.locked(found.codes) }
        // A provider's reasons are known by their words alone.
        if found.codes.map(OpenSSLReason.init).contains(where: { $0.text.contains("PIN") }) {
            return self.locked(found.codes)
        }
        var all = found
        if self.uri.path == nil {
            // A store that was asked for one kind need not say what else it has. It is asked without the PIN, of which a
            // token bears only so many wrong ones: if it was right, the token is open now, and does not ask again.
            all = (try? self.load(expecting: nil, passphrase: nil)) ?? Found()
            if all.wasAsked { return self.locked(found.codes) }
        }
        if !all.certificates.isEmpty { all.others.insert("a certificate") }
        if !all.keys.isEmpty { all.others.insert("a private key") }
        if all.others.isEmpty, found.wasAsked, self.uri.path != nil { return self.locked(found.codes) }
        let what = self.reader.kind.singular
        return self.reader.fault(
            all.others.isEmpty ? cause : .wrongFileKind,
            all.others.isEmpty
                ? "has no \(what) at this URI" + Self.text(of: found.codes.map(OpenSSLReason.init))
                : "has \(all.others.sorted().joined(separator: ", ")), and no \(what)",
            hint: "Check the URI; a token shows its private keys only to who gives its PIN as passphrase.",
            codes: found.codes
        )
    }

    /// It wants a PIN or a passphrase, and not the one it got.
    private func locked(_ codes: [UInt]) -> TLSError {
        guard self.reader.passphrase != nil || self.uri.holdsPIN else {
            return self.reader.fault(
                .passphraseMissing,
                "asks for a PIN or a passphrase, and none is given",
                hint: "Give it as passphrase.",
                codes: codes
            )
        }
        return self.reader.fault(
            .passphraseWrong,
            "does not open with the PIN or passphrase that is given",
            hint: "Check it; after a few wrong ones a token locks itself.",
            codes: codes
        )
    }

    private static func text(of reasons: [OpenSSLReason]) -> String {
        guard let reason = reasons.last else { return "" }
        let text = reason.library == ERR_LIB_SYS ? String(cString: strerror(reason.reason)) : reason.text
        return ": \(EscapedText(text, limit: 256))"
    }
}

extension OpenSSLReason {
    fileprivate func isOfStore(_ reason: Int32) -> Bool { self.library == ERR_LIB_OSSL_STORE && self.reason == reason }
}

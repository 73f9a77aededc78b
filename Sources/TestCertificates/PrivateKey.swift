internal import COpenSSL

/// A private key of a test certificate.
///
/// It is kept as plain bytes, which are not wiped: these keys protect nothing.
public struct PrivateKey: Sendable {
    public let kind: KeyKind
    /// PKCS#8 (RFC 5958), not encrypted.
    public let der: [UInt8]

    /// A new random key.
    public init(_ kind: KeyKind = .p256) throws(CertificateError) {
        self.kind = kind
        self.der = try withOpenSSL { () throws(CertificateError) in
            let key = try generate(kind)
            defer { EVP_PKEY_free(key) }
            return try collectBytes("encode a private key") { bio in
                i2d_PKCS8PrivateKey_bio(bio, key, nil, nil, 0, nil, nil) == 1
            }
        }
    }

    /// PKCS#8, not encrypted: `BEGIN PRIVATE KEY`.
    public var pem: String { encodePEM("PRIVATE KEY", der) }

    /// PKCS#8 under AES-256 with a key derived from the passphrase: `BEGIN ENCRYPTED PRIVATE KEY`.
    ///
    /// - Throws: when the passphrase is empty, for which OpenSSL has no encoding that it reads back.
    public func encryptedPEM(passphrase: String) throws(CertificateError) -> String {
        try encrypt(passphrase: passphrase) { bio, key, text, length in
            PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), text, length, nil, nil)
        }
    }

    /// The encoding from before PKCS#8: `BEGIN EC PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`, encrypted in the manner of its
    /// time (`Proc-Type: 4,ENCRYPTED`) where there is a passphrase.
    ///
    /// - Throws: for an Ed25519 key, which never had one.
    public func traditionalPEM(passphrase: String? = nil) throws(CertificateError) -> String {
        if kind == .ed25519 { throw CertificateError("Ed25519 keys have no encoding but PKCS#8.") }
        guard let passphrase else {
            return try withOpenSSL { () throws(CertificateError) in
                try withKey { key throws(CertificateError) in
                    let bytes = try collectBytes("encode a private key") { bio in
                        PEM_write_bio_PrivateKey_traditional(bio, key, nil, nil, 0, nil, nil) == 1
                    }
                    return String(decoding: bytes, as: UTF8.self)
                }
            }
        }
        return try encrypt(passphrase: passphrase) { bio, key, text, length in
            text.withMemoryRebound(to: UInt8.self, capacity: Int(length)) { bytes in
                PEM_write_bio_PrivateKey_traditional(bio, key, EVP_aes_256_cbc(), bytes, length, nil, nil)
            }
        }
    }
}

extension PrivateKey {
    /// Decodes it for the length of the call.
    func withKey<Result>(
        _ body: (OpaquePointer) throws(CertificateError) -> Result
    ) throws(CertificateError) -> Result {
        let decoded = der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_AutoPrivateKey(nil, &start, bytes.count)
        }
        let key = try require(decoded, "decode a private key")
        defer { EVP_PKEY_free(key) }
        return try body(key)
    }

    private func encrypt(
        passphrase: String,
        _ write: (_ bio: OpaquePointer, _ key: OpaquePointer, UnsafePointer<CChar>, _ length: Int32) -> Int32
    ) throws(CertificateError) -> String {
        // Without a passphrase OpenSSL would ask for one at the terminal.
        if passphrase.isEmpty { throw CertificateError("The passphrase of a private key must not be empty.") }
        return try withOpenSSL { () throws(CertificateError) in
            try withKey { key throws(CertificateError) in
                let bytes = try collectBytes("encrypt a private key") { bio in
                    passphrase.withCString { write(bio, key, $0, Int32(passphrase.utf8.count)) == 1 }
                }
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }
}

private func generate(_ kind: KeyKind) throws(CertificateError) -> OpaquePointer {
    let (algorithm, group) =
        switch kind {
        case .p256: ("EC", "P-256")
        case .p384: ("EC", "P-384")
        case .rsa: ("RSA", "")
        case .ed25519: ("ED25519", "")
        }
    let what = "generate a private key"
    let context = try require(EVP_PKEY_CTX_new_from_name(nil, algorithm, nil), what)
    defer { EVP_PKEY_CTX_free(context) }
    try require(EVP_PKEY_keygen_init(context) == 1, what)
    if !group.isEmpty { try require(EVP_PKEY_CTX_set_group_name(context, group) == 1, what) }
    if case .rsa(let bits) = kind {
        guard let bits = Int32(exactly: bits), (512...16_384).contains(bits) else {
            throw CertificateError("An RSA key of \(bits) bits cannot be made: 512 to 16384 can.")
        }
        try require(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits) == 1, what)
    }
    var key: OpaquePointer?
    try require(EVP_PKEY_generate(context, &key) == 1, what)
    return try require(key, what)
}

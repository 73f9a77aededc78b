internal import COpenSSL

/// An X509*, freed with its last reference.
final class X509Certificate {
    let pointer: OpaquePointer

    /// One PEM block.
    init?(pem bytes: UnsafeRawBufferPointer) {
        let pointer = withMemoryBIO(bytes) { bio in
            // A certificate can have no passphrase, but PEM in general can, and nothing here may prompt. The function is
            // the one that takes 'TRUSTED CERTIFICATE' too.
            PassphraseCallback.with(nil) { PEM_read_bio_X509_AUX(bio, nil, $0, $1) }
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    /// One certificate and nothing after it.
    init?(der bytes: UnsafeRawBufferPointer) {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let end = next.map({ $0 + bytes.count }), let pointer = d2i_X509(nil, &next, bytes.count) else {
            return nil
        }
        self.pointer = pointer
        guard next == end else { return nil }
    }

    /// One more reference to a certificate that somebody else owns.
    init(sharing pointer: OpaquePointer) {
        X509_up_ref(pointer)
        self.pointer = pointer
    }

    deinit { X509_free(self.pointer) }
}

/// An X509_CRL*, freed with its last reference.
final class RevocationListHandle {
    let pointer: OpaquePointer

    /// One PEM block.
    init?(pem bytes: UnsafeRawBufferPointer) {
        let pointer = withMemoryBIO(bytes) { bio in
            PassphraseCallback.with(nil) { PEM_read_bio_X509_CRL(bio, nil, $0, $1) }
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    /// One list and nothing after it.
    init?(der bytes: UnsafeRawBufferPointer) {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let end = next.map({ $0 + bytes.count }), let pointer = d2i_X509_CRL(nil, &next, bytes.count) else {
            return nil
        }
        self.pointer = pointer
        guard next == end else { return nil }
    }

    deinit { X509_CRL_free(self.pointer) }
}

/// An EVP_PKEY*, freed with its last reference.
final class KeyHandle {
    let pointer: OpaquePointer

    /// One PEM block, encrypted or not.
    init?(pem bytes: UnsafeRawBufferPointer, passphrase: String?) {
        let pointer = withMemoryBIO(bytes) { bio in
            PassphraseCallback.with(passphrase) { PEM_read_bio_PrivateKey(bio, nil, $0, $1) }
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    /// PKCS#8, not encrypted, or the older forms of RSA and EC keys, and nothing after it.
    init?(der bytes: UnsafeRawBufferPointer) {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let end = next.map({ $0 + bytes.count }), let pointer = d2i_AutoPrivateKey(nil, &next, bytes.count) else {
            return nil
        }
        self.pointer = pointer
        guard next == end else { return nil }
    }

    init?(encryptedDER bytes: UnsafeRawBufferPointer, passphrase: String) {
        let pointer = withMemoryBIO(bytes) { bio in
            PassphraseCallback.with(passphrase) { d2i_PKCS8PrivateKey_bio(bio, nil, $0, $1) }
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(self.pointer) }

    static func isEncrypted(der bytes: UnsafeRawBufferPointer) -> Bool {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        defer { ERR_clear_error() }
        guard let encrypted = d2i_X509_SIG(nil, &next, bytes.count) else { return false }
        X509_SIG_free(encrypted)
        return true
    }

    /// `EC`, `RSA`, `ED25519`, …
    var kind: String { EVP_PKEY_get0_type_name(self.pointer).map { String(cString: $0) } ?? "unknown" }
}

/// A BIO that reads `bytes` where they are.
private func withMemoryBIO<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (OpaquePointer) -> Result?) -> Result? {
    guard let count = Int32(exactly: bytes.count), let bio = BIO_new_mem_buf(bytes.baseAddress, count) else {
        return nil
    }
    defer { BIO_free(bio) }
    return body(bio)
}

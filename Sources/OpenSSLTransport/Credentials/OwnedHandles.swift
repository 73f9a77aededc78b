internal import COpenSSL

// OpenSSL's structures, each freed with its last reference. Library contexts, nil for OpenSSL's default one, outlive them.

/// An X509*, freed with its last reference.
final class X509Certificate {
    let pointer: OpaquePointer

    /// One PEM block.
    convenience init?(pem bytes: UnsafeRawBufferPointer, in library: LibraryContext? = nil) {
        let pointer = decoded(into: library.map { X509_new_ex($0.pointer, nil) }, X509_free) { place in
            withMemoryBIO(bytes) { bio in
                // A certificate can have no passphrase, but PEM in general can, and nothing here may prompt. The function
                // is the one that takes 'TRUSTED CERTIFICATE' too.
                PassphraseCallback.with(nil) { PEM_read_bio_X509_AUX(bio, place, $0, $1) }
            }
        }
        guard let pointer else { return nil }
        self.init(owning: pointer)
    }

    /// One certificate and nothing after it.
    convenience init?(der bytes: UnsafeRawBufferPointer, in library: LibraryContext? = nil) {
        let pointer = decoded(into: library.map { X509_new_ex($0.pointer, nil) }, X509_free) { place in
            decodeWhole(bytes, place == nil ? { X509_free($0) } : nil) { next, count in d2i_X509(place, next, count) }
        }
        guard let pointer else { return nil }
        self.init(owning: pointer)
    }

    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    /// The same certificate, decoded anew with what it says of its trust (TRUSTED CERTIFICATE); nil if that fails.
    func moved(to library: LibraryContext) -> X509Certificate? {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509_AUX(self.pointer, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        guard let memory, count > 0, let empty = X509_new_ex(library.pointer, nil) else { return nil }
        var (moved, next): (OpaquePointer?, UnsafePointer<UInt8>?) = (empty, UnsafePointer(memory))
        if d2i_X509_AUX(&moved, &next, Int(count)) != nil, let moved { return X509Certificate(owning: moved) }
        X509_free(moved)
        return nil
    }

    /// One more reference to a certificate that somebody else owns.
    convenience init(sharing pointer: OpaquePointer) {
        X509_up_ref(pointer)
        self.init(owning: pointer)
    }

    deinit { X509_free(self.pointer) }
}

/// An X509_CRL*, freed with its last reference.
final class RevocationListHandle {
    let pointer: OpaquePointer

    /// One PEM block.
    init?(pem bytes: UnsafeRawBufferPointer, in library: LibraryContext? = nil) {
        let pointer = decoded(into: library.map { X509_CRL_new_ex($0.pointer, nil) }, X509_CRL_free) { place in
            withMemoryBIO(bytes) { bio in
                PassphraseCallback.with(nil) { PEM_read_bio_X509_CRL(bio, place, $0, $1) }
            }
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    /// One list and nothing after it.
    init?(der bytes: UnsafeRawBufferPointer, in library: LibraryContext? = nil) {
        let pointer = decoded(into: library.map { X509_CRL_new_ex($0.pointer, nil) }, X509_CRL_free) { place in
            decodeWhole(bytes, place == nil ? { X509_CRL_free($0) } : nil) { next, count in
                d2i_X509_CRL(place, next, count)
            }
        }
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { X509_CRL_free(self.pointer) }
}

/// An EVP_PKEY*, freed with its last reference.
final class KeyHandle {
    let pointer: OpaquePointer

    /// One PEM block, encrypted or not.
    convenience init?(pem bytes: UnsafeRawBufferPointer, passphrase: String?, in library: LibraryContext? = nil) {
        let pointer = withMemoryBIO(bytes) { bio in
            PassphraseCallback.with(passphrase) {
                PEM_read_bio_PrivateKey_ex(bio, nil, $0, $1, library?.pointer, nil)
            }
        }
        guard let pointer else { return nil }
        self.init(owning: pointer)
    }

    /// PKCS#8, not encrypted, or the older forms of RSA and EC keys, and nothing after it.
    convenience init?(der bytes: UnsafeRawBufferPointer, in library: LibraryContext? = nil) {
        let pointer = decodeWhole(bytes, EVP_PKEY_free) { d2i_AutoPrivateKey_ex(nil, $0, $1, library?.pointer, nil) }
        guard let pointer else { return nil }
        self.init(owning: pointer)
    }

    /// PKCS#8, encrypted.
    convenience init?(
        encryptedDER bytes: UnsafeRawBufferPointer,
        passphrase: String,
        in library: LibraryContext? = nil
    ) {
        guard let encrypted = decodeWhole(bytes, X509_SIG_free, { d2i_X509_SIG(nil, $0, $1) }) else { return nil }
        defer { X509_SIG_free(encrypted) }
        // A copy of our own, so that there is something to wipe.
        let secret = WipedBytes(Array(passphrase.utf8))
        let start = secret.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        let opened = withExtendedLifetime(secret) {
            PKCS8_decrypt_ex(encrypted, start, Int32(clamping: secret.count), library?.pointer, nil)
        }
        guard let opened else { return nil }
        defer { PKCS8_PRIV_KEY_INFO_free(opened) }  // which wipes it
        guard let pointer = EVP_PKCS82PKEY_ex(opened, library?.pointer, nil) else { return nil }
        self.init(owning: pointer)
    }

    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    /// The same key, decoded anew; nil if that fails.
    func moved(to library: LibraryContext) -> KeyHandle? {
        guard let plain = EVP_PKEY2PKCS8(self.pointer) else { return nil }
        defer { PKCS8_PRIV_KEY_INFO_free(plain) }  // which wipes it
        return EVP_PKCS82PKEY_ex(plain, library.pointer, nil).map { KeyHandle(owning: $0) }
    }

    deinit { EVP_PKEY_free(self.pointer) }

    static func isEncrypted(der bytes: UnsafeRawBufferPointer) -> Bool {
        defer { ERR_clear_error() }
        guard let encrypted = decodeWhole(bytes, X509_SIG_free, { d2i_X509_SIG(nil, $0, $1) }) else { return false }
        X509_SIG_free(encrypted)
        return true
    }

    /// `EC`, `RSA`, `ED25519`, …
    var kind: String { EVP_PKEY_get0_type_name(self.pointer).map { String(cString: $0) } ?? "unknown" }
}

/// A BIO that reads `bytes` where they are.
func withMemoryBIO<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (OpaquePointer) -> Result?) -> Result? {
    guard let count = Int32(exactly: bytes.count), let bio = BIO_new_mem_buf(bytes.baseAddress, count) else {
        return nil
    }
    defer { BIO_free(bio) }
    return body(bio)
}

/// What `decode` makes of `empty`, a new object of a library context's, in its place; without one, of no place: then OpenSSL does
/// not look at a certificate's extensions yet, so that a bundle with an odd one in it can be used for all others.
///
/// - Parameter empty: Nil for no library context; nil within it if there is no memory for an object.
private func decoded(
    into empty: OpaquePointer??,
    _ free: (OpaquePointer?) -> Void,
    _ decode: (UnsafeMutablePointer<OpaquePointer?>?) -> OpaquePointer?
) -> OpaquePointer? {
    guard case .some(var object) = empty else { return decode(nil) }
    guard object != nil else { return nil }
    if let decoded = decode(&object) { return decoded }
    free(object)  // which is nil where OpenSSL has freed it
    return nil
}

/// What `decode`, one of the d2i functions, makes of all of `bytes`; nil if something is left over.
///
/// - Parameter free: For what is nobody's then; nil if it has a place of the caller's.
func decodeWhole(
    _ bytes: UnsafeRawBufferPointer,
    _ free: ((OpaquePointer?) -> Void)?,
    _ decode: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?
) -> OpaquePointer? {
    var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard let end = next.map({ $0 + bytes.count }), let object = decode(&next, bytes.count) else { return nil }
    if next == end { return object }
    free?(object)
    return nil
}

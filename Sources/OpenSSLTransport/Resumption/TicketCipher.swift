internal import COpenSSL

/// AES-256-CBC, of the library context that the tickets belong to.
final class TicketCipher: Sendable {
    /// Safe to share: algorithms never change.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// What it was fetched from, which must outlive it: a context's parts are freed in no order that one could rely on.
    private let library: LibraryContext?

    /// Nil if the library has none, or its properties allow none.
    init?(in library: LibraryContext?) {
        // OpenSSL's default is a constant, which is to be freed by nobody.
        let pointer = library == nil ? EVP_aes_256_cbc() : EVP_CIPHER_fetch(library?.pointer, "AES-256-CBC", nil)
        guard let pointer else { return nil }
        self.pointer = pointer
        self.library = library
    }

    deinit { if self.library != nil { EVP_CIPHER_free(self.pointer) } }
}

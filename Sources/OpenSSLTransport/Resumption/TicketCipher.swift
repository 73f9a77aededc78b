internal import COpenSSL

/// AES-256-CBC, of the library context that the tickets belong to.
final class TicketCipher: Sendable {
    /// Safe to share: algorithms never change.
    nonisolated(unsafe) let pointer: OpaquePointer
    /// OpenSSL's default is a constant, which is to be freed by nobody.
    private let isFetched: Bool

    /// Nil if the library has none, or its properties allow none.
    init?(in library: LibraryContext?) {
        let pointer = library == nil ? EVP_aes_256_cbc() : EVP_CIPHER_fetch(library?.pointer, "AES-256-CBC", nil)
        guard let pointer else { return nil }
        self.pointer = pointer
        self.isFetched = library != nil
    }

    deinit { if self.isFetched { EVP_CIPHER_free(self.pointer) } }
}

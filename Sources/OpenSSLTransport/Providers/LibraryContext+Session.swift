internal import COpenSSL

extension LibraryContext {
    /// What a session, an SSL*, belongs to; nil for OpenSSL's default, and for a session that somebody else has made.
    static func of(_ ssl: OpaquePointer) -> LibraryContext? {
        SSL_get_SSL_CTX(ssl).flatMap { ContextNotes.of($0) }?.library
    }
}

internal import COpenSSL

/// A reference to an X509* that many threads may read.
final class SharedCertificate: Sendable {
    /// Safe to share: it is only read, and what OpenSSL itself keeps in it on first use (the count of references, the
    /// decoded extensions) it guards with the certificate's own lock.
    private nonisolated(unsafe) let pointer: OpaquePointer
    /// What it was decoded in; nil for OpenSSL's default.
    let library: LibraryContext?

    /// - Parameter pointer: stays the caller's.
    init(_ pointer: OpaquePointer, in library: LibraryContext?) {
        X509_up_ref(pointer)
        self.pointer = pointer
        self.library = library
    }

    deinit { X509_free(self.pointer) }

    /// What `body` makes of the certificate. A broken extension leaves entries in the thread's error queue, which are
    /// nobody's errors; those that were there before stay.
    func read<Result>(_ body: (OpaquePointer) -> Result) -> Result {
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        return body(self.pointer)
    }
}

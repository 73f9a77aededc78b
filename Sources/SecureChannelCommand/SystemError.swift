#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What the system refused to do for the command itself.
struct SystemError: Error, CustomStringConvertible {
    /// As the end of "could not".
    let what: String
    /// The error's number, `errno(3)`.
    let code: CInt

    /// The reader of our output has closed its end, as `head` does when it has seen enough.
    var isClosedByReader: Bool { code == EPIPE }

    var description: String { "Could not \(what): \(String(cString: strerror(code)))." }
}

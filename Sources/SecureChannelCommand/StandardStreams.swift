#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Standard output holds what was asked for, and nothing else.
enum StandardOutput {
    /// Writes a line at once: there is no buffer to flush.
    ///
    /// - Throws: ``OutputError``.
    static func write(line: String) throws(OutputError) {
        try writeAll(line + "\n", to: STDOUT_FILENO)
    }
}

/// Standard error holds everything else.
enum StandardError {
    /// Writes what a person should know. If nobody can read it there is nobody to tell.
    static func write(paragraph: String) {
        try? writeAll("securechannel: \(paragraph)\n", to: STDERR_FILENO)
    }
}

/// What a shell's `>&-` closed is opened again, on nothing: else the next socket would get the number, and our output.
func openStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
        _ = open("/dev/null", O_RDWR)
    }
}

/// Why standard output could not be written.
struct OutputError: Error, CustomStringConvertible {
    let errno: CInt

    /// The reader has closed its end, as `head` does when it has seen enough.
    var isClosedByReader: Bool { errno == EPIPE }

    var description: String { "Could not write to standard output: \(String(cString: strerror(errno)))." }
}

private func writeAll(_ text: String, to descriptor: CInt) throws(OutputError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            waitUntilWritable(descriptor)  // whoever shares this terminal or pipe with us made it non-blocking
        } else if errno != EINTR {
            throw OutputError(errno: errno)
        }
    }
}

private func waitUntilWritable(_ descriptor: CInt) {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = poll(&request, 1, -1)
}

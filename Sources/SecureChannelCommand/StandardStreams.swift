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
    /// - Throws: ``SystemError``.
    static func write(line: String) throws(SystemError) {
        try writeAll(line + "\n", to: STDOUT_FILENO)
    }
}

/// Standard error holds everything else.
enum StandardError {
    /// Writes what a person should know. If nobody can read it there is nobody to tell.
    static func write(paragraph: String) {
        try? writeAll("securechannel: \(paragraph)\n", to: STDERR_FILENO)
    }

    /// Writes what a terminal is to show, as it is.
    static func draw(_ text: String) {
        try? writeAll(text, to: STDERR_FILENO)
    }
}

/// What a shell's `>&-` closed is opened again, on nothing: else the next socket would get the number, and our output.
func openStandardStreams() {
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
        _ = open("/dev/null", O_RDWR)
    }
}

private func writeAll(_ text: String, to descriptor: CInt) throws(SystemError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            waitUntilWritable(descriptor)  // whoever shares this terminal or pipe with us made it non-blocking
        } else if errno != EINTR {
            throw SystemError(
                what: "write to standard \(descriptor == STDOUT_FILENO ? "output" : "error")",
                code: errno
            )
        }
    }
}

private func waitUntilWritable(_ descriptor: CInt) {
    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    _ = poll(&request, 1, -1)
}

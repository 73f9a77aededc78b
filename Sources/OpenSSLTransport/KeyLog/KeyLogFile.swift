internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The file that gets the secrets of connections, in NSS's format, for programs that look at recorded traffic.
final class KeyLogFile: Sendable {
    private let descriptor: Int32

    /// Appends to `path`, or makes it: readable and writable by this user alone.
    init(path: String, role: TLSRole) throws(TLSError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw Self.fault(path, "is no path", role) }
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else {
            throw Self.fault(path, "cannot be written to: \(String(cString: strerror(errno)))", role)
        }
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        self.descriptor = descriptor
        guard isKnown, status.st_mode & S_IFMT == S_IFREG else { throw Self.fault(path, "is no file", role) }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw Self.fault(path, "is another user's, or others may read it", role)
        }
    }

    deinit { close(self.descriptor) }

    /// A line in one write, so that those of many connections and processes do not mix. What cannot be written is lost.
    func append(_ line: UnsafePointer<CChar>) {
        var bytes = Array(UnsafeBufferPointer(start: line, count: strlen(line)))
        bytes.append(CChar(bitPattern: UInt8(ascii: "\n")))
        _ = write(self.descriptor, bytes, bytes.count)
        OPENSSL_cleanse(&bytes, bytes.count)
    }

    /// To be given to SSL_CTX_set_keylog_callback.
    static var callback: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Void {
        { ssl, line in
            guard let ssl, let line else { return }
            SSL_get_SSL_CTX(ssl).flatMap { ContextNotes.of($0) }?.keyLog?.append(line)
        }
    }

    private static func fault(_ path: String, _ what: String, _ role: TLSRole) -> TLSError {
        .configuration(
            .fileUnreadable,
            role,
            "the key log '\(EscapedText(path))' \(what)",
            hint:
                "Name a file of one's own, with mode 0600, or one that does not exist yet; leave the key log out in production."
        )
    }
}

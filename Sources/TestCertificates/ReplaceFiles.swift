#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A file to be written, with the permissions that it has from the moment it exists (less what the umask takes away).
struct NewFile {
    var path: String
    var content: String
    var mode: mode_t
}

/// Makes the directory unless there is one.
func createDirectory(_ path: String) throws(CertificateError) {
    guard mkdir(path, 0o755) != 0 else { return }
    if errno == EEXIST {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        throw CertificateError("“\(path)” is not a directory.")
    }
    throw failure("make the directory", path)
}

/// Writes all files beside their destinations first and moves them there then, so that a full disk or a missing right
/// leaves the old files as they were.
func replaceFiles(_ files: [NewFile]) throws(CertificateError) {
    var temporaryPaths: [String] = []
    defer { for path in temporaryPaths { unlink(path) } }  // what was moved is not there any more
    for file in files {
        temporaryPaths.append(try writeBeside(file))
    }
    for (file, temporaryPath) in zip(files, temporaryPaths) {
        guard rename(temporaryPath, file.path) == 0 else { throw failure("replace", file.path) }
    }
}

private func writeBeside(_ file: NewFile) throws(CertificateError) -> String {
    let temporaryPath = "\(file.path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file.mode)
    guard descriptor >= 0 else { throw failure("write", file.path) }
    do throws(CertificateError) {
        defer { close(descriptor) }
        try writeAll(Array(file.content.utf8), to: descriptor, file.path)
    } catch {
        unlink(temporaryPath)
        throw error
    }
    return temporaryPath
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws(CertificateError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("write", path) }
        rest = rest.dropFirst(count)
    }
    // A disk that is full may say so only now.
    guard fsync(descriptor) == 0 else { throw failure("write", path) }
}

/// The sentence for errno; must come before any other call.
private func failure(_ what: String, _ path: String) -> CertificateError {
    let reason = String(cString: strerror(errno))
    return CertificateError("Could not \(what) “\(path)”: \(reason).")
}

internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A file that is read whole, up to a limit, without ever waiting for anybody: pipes and devices are refused.
struct CredentialFile {
    let path: String

    enum Fault: Error, Equatable {
        /// A system call's error number.
        case system(Int32)
        case directory
        case notRegular
        case tooLarge(limit: Int)
        case pathHasNUL
        case pathIsEmpty
    }

    func read(limit: Int) throws(Fault) -> WipedBytes {
        guard !self.path.isEmpty else { throw .pathIsEmpty }
        guard !self.path.utf8.contains(0) else { throw .pathHasNUL }  // the system would open another file
        let descriptor = open(self.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .directory
        default: throw .notRegular
        }
        guard status.st_size <= limit else { throw .tooLarge(limit: limit) }
        return try self.read(from: descriptor, limit: limit, expected: Int(status.st_size))
    }

    /// What the file holds may have changed since it was measured (and files of /proc measure 0): one byte more than
    /// the limit tells.
    private func read(from descriptor: Int32, limit: Int, expected: Int) throws(Fault) -> WipedBytes {
        var contents = WipedBytes(capacity: expected + 1)
        while true {
            if contents.count == contents.memory.count {
                guard contents.count <= limit else { throw .tooLarge(limit: limit) }
                let larger = WipedBytes(capacity: min(max(contents.count * 2, 4096), limit + 1))
                _ = larger.fill(contents.bytes)
                contents = larger
            }
            let room = UnsafeMutableRawBufferPointer(rebasing: contents.memory.dropFirst(contents.count))
            let count = Self.readOnce(descriptor, room)
            if count == 0 { break }
            if count > 0 {
                contents.setCount(contents.count + count)
            } else if errno != EINTR {
                throw .system(errno)
            }
        }
        guard contents.count <= limit else { throw .tooLarge(limit: limit) }
        return contents
    }

    private static func readOnce(_ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, room.baseAddress, room.count)
        #elseif canImport(Musl)
            Musl.read(descriptor, room.baseAddress, room.count)
        #else
            Glibc.read(descriptor, room.baseAddress, room.count)
        #endif
    }
}

extension CredentialFile {
    /// What is wrong, to follow "the file 'x'": a clause and what to do about it.
    func explanation(of fault: Fault) -> (message: String, hint: String) {
        switch fault {
        case .system(ENOENT): ("does not exist", "Check the path\(self.isRelative ? "; give it whole, from /" : "").")
        case .system(let number) where number == EACCES || number == EPERM:
            ("may not be read: \(String(cString: strerror(number)))", self.permissionHint)
        case .system(let number): ("cannot be read: \(String(cString: strerror(number)))", "Check the path.")
        case .directory: ("is a directory", "Name the file in it.")
        case .notRegular: ("is no regular file", "Give the content as bytes if it comes from a pipe or a device.")
        case .tooLarge(let limit):
            ("is larger than \(limit / 1_048_576) MiB", "Check that it is the right file.")
        case .pathHasNUL: ("has a NUL in its path", "Check where the path comes from.")
        case .pathIsEmpty: ("has an empty path", "Name a file, or leave the option out.")
        }
    }

    /// Where a relative path starts; nil for an absolute one.
    var workingDirectory: String? {
        guard self.isRelative, let text = getcwd(nil, 0) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    private var isRelative: Bool { !self.path.hasPrefix("/") }

    private var permissionHint: String {
        var status = stat()
        guard stat(self.path, &status) == 0 else {
            return "Let user \(geteuid()) enter its directories and read it."
        }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        return "Let user \(geteuid()) read it; it belongs to user \(status.st_uid), group \(status.st_gid), and has "
            + "mode \(mode)."
    }
}

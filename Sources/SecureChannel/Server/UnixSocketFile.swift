internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The file of a listening Unix socket: made with its permissions before anybody can connect, replaced when stale, removed
/// at the end if it is still the same.
final class UnixSocketFile: Sendable {
    let path: String
    private let identity = Mutex<(device: dev_t, inode: ino_t)?>(nil)

    init(path: String) {
        self.path = path
    }

    /// Makes a socket that listens at the path. To look whether a server listens there, to remove what is stale and to bind
    /// is one step, of several servers that start at once: all of it is done under the directory's lock. Blocks.
    ///
    /// - Returns: its descriptor, which the caller owns.
    /// - Throws: ``ChannelError`` with the code `addressInUse` when a server listens there or another kind of file is in the
    ///   way, `listenFailed` otherwise.
    func bind(permissions: UInt32?, backlog: Int) throws(ChannelError) -> CInt {
        let lock = DirectoryLock(directoryOf: path)
        defer { withExtendedLifetime(lock) {} }
        try removeStale()
        let descriptor = try Self.makeSocket(path)
        do throws(ChannelError) {
            guard withAddress({ Self.bind(descriptor, $0, $1) }) == 0 else { throw failure(errno) }
            rememberIdentity()
            // Nobody can connect before listen(2), so nobody gets in with the permissions that bind(2) left.
            if let permissions, chmod(path, mode_t(permissions)) != 0 { throw failure(errno) }
            guard listen(descriptor, CInt(backlog)) == 0 else { throw failure(errno) }
            return descriptor
        } catch {
            removeMine()
            close(descriptor)
            throw error
        }
    }

    /// Removes the file, unless it is another server's by now. To be called before the socket is closed. Blocks.
    func remove() {
        let lock = DirectoryLock(directoryOf: path)
        removeMine()
        withExtendedLifetime(lock) {}
    }

    private func removeMine() {
        let mine = identity.withLock { identity in
            defer { identity = nil }
            return identity
        }
        guard let mine, let now = Self.status(path), now.st_dev == mine.device, now.st_ino == mine.inode else { return }
        unlink(path)
    }

    private func rememberIdentity() {
        guard let status = Self.status(path) else { return }
        identity.withLock { $0 = (status.st_dev, status.st_ino) }
    }

    private func removeStale() throws(ChannelError) {
        guard let status = Self.status(path) else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw ChannelError(
                .addressInUse,
                "Could not listen on unix:\(path): there is a file of another kind.",
                address: "unix:\(path)",
                phase: .listening,
                hint: "Move it away, or choose another path."
            )
        }
        let probe = try Self.makeSocket(path)
        defer { close(probe) }
        guard withAddress({ Self.connect(probe, $0, $1) }) != 0 else { throw inUse() }
        switch errno {
        case ECONNREFUSED: unlink(path)  // nobody listens there any more
        case ENOENT: break
        default: throw inUse()  // EAGAIN among them: a server whose backlog is full
        }
    }

    private func inUse() -> ChannelError {
        ChannelError(
            .addressInUse,
            "Could not listen on unix:\(path): a server listens there.",
            address: "unix:\(path)",
            phase: .listening,
            hint: "Stop it, or choose another path."
        )
    }

    private func failure(_ code: CInt) -> ChannelError {
        ChannelError(
            code == EADDRINUSE ? .addressInUse : .listenFailed,
            "Could not listen on unix:\(path): \(String(cString: strerror(code))).",
            address: "unix:\(path)",
            phase: .listening,
            hint: "Does the directory exist, and may this user write to it?"
        )
    }

    // MARK: System calls

    private func withAddress(_ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { destination in
            // The path's length was checked when the address was; one byte is left for the NUL.
            destination.copyBytes(from: bytes.prefix(destination.count - 1))
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func bind(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
        #if canImport(Glibc)
            Glibc.bind(descriptor, address, length)
        #elseif canImport(Musl)
            Musl.bind(descriptor, address, length)
        #else
            Darwin.bind(descriptor, address, length)
        #endif
    }

    private static func connect(_ descriptor: CInt, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> CInt {
        #if canImport(Glibc)
            Glibc.connect(descriptor, address, length)
        #elseif canImport(Musl)
            Musl.connect(descriptor, address, length)
        #else
            Darwin.connect(descriptor, address, length)
        #endif
    }

    /// Not blocking, so that a probe cannot hang on a server whose backlog is full.
    private static func makeSocket(_ path: String) throws(ChannelError) -> CInt {
        #if os(Linux)
            let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
            if descriptor >= 0 { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
        #endif
        guard descriptor >= 0 else {
            throw ChannelError(
                .listenFailed,
                "Could not make a socket for unix:\(path): \(String(cString: strerror(errno))).",
                address: "unix:\(path)",
                phase: .listening
            )
        }
        return descriptor
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}

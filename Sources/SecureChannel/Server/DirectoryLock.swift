#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Keeps other servers from looking for, removing or making a socket in a directory meanwhile (`flock(2)`).
///
/// The directory itself is locked: no further file is left behind, and whoever reaches it by another path meets the same
/// lock. The system takes the lock away when a process ends.
final class DirectoryLock {
    private let descriptor: CInt

    /// Nil where a directory cannot be locked (unreadable, or of a file system without locks), and when somebody else holds
    /// the lock for longer than `patience`: whoever may read the directory can, and must not keep a server from starting.
    ///
    /// Blocks, for the few system calls that another server needs.
    init?(directoryOf path: String, patience: Duration = .seconds(5)) {
        let descriptor = open(Self.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let end = ContinuousClock.now + patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let isHeld = errno == EWOULDBLOCK || errno == EINTR
            guard isHeld, ContinuousClock.now < end else {
                close(descriptor)
                return nil
            }
            usleep(1000)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

internal import Foundation

/// A terminal for a process to write to (pty(7)).
final class Terminal: Sendable {
    /// What the process writes to.
    let end: FileHandle
    /// Where that is read.
    let screen: FileHandle

    init(columns: Int) throws {
        #if os(Linux)
            let screen = try Self.open("/dev/ptmx")
            var (number, lock): (CInt, CInt) = (0, 0)
            // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): glibc shows Swift neither them nor unlockpt and ptsname.
            guard ioctl(screen.fileDescriptor, 0x4004_5431, &lock) == 0,
                ioctl(screen.fileDescriptor, 0x8004_5430, &number) == 0
            else {
                throw POSIXError(.ENOTTY)
            }
            let path = "/dev/pts/\(number)"
        #else
            let screen = FileHandle(fileDescriptor: posix_openpt(O_RDWR | O_NOCTTY), closeOnDealloc: true)
            guard grantpt(screen.fileDescriptor) == 0, unlockpt(screen.fileDescriptor) == 0,
                let name = ptsname(screen.fileDescriptor)
            else {
                throw POSIXError(.ENOTTY)
            }
            let path = String(cString: name)
        #endif
        let end = try Self.open(path)
        var size = winsize()
        size.ws_col = UInt16(columns)
        guard ioctl(end.fileDescriptor, UInt(TIOCSWINSZ), &size) == 0 else { throw POSIXError(.ENOTTY) }
        (self.end, self.screen) = (end, screen)
    }

    private static func open(_ path: String) throws -> FileHandle {
        let descriptor = Foundation.open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.ENODEV) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}

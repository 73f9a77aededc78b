#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Draws a progress line on standard error, again and again in its place.
struct ProgressDisplay {
    /// Nil where standard error is no terminal, or one that cannot write over a line. There are no colours, so `NO_COLOR`
    /// has nothing to turn off.
    init?() {
        let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
        guard isatty(STDERR_FILENO) == 1, terminal != "dumb", !terminal.isEmpty else { return nil }
    }

    /// Draws until the task is cancelled, and leaves an empty line behind.
    func show(_ progress: LoadProgress) async {
        repeat {
            StandardError.draw(Self.beginOfLine + progress.line.text(width: width) + Self.eraseRest)
        } while (try? await Task.sleep(for: .milliseconds(100))) != nil
        StandardError.draw(Self.beginOfLine + Self.eraseRest)
    }

    /// Asked each time: people change it.
    private var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static let beginOfLine = "\r"
    /// ECMA-48, 8.3.41: EL, erase in line.
    private static let eraseRest = "\u{1B}[K"
}

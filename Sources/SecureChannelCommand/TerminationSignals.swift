internal import Dispatch

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// SIGINT and SIGTERM as something to wait for. From its making on they do not end the process by themselves, and none is
/// lost: a pipe keeps what comes before anybody waits. (A Dispatch source for signals only sees them some time after it was
/// resumed.)
final class TerminationSignals: Sendable {
    private let received: AsyncStream<CInt>
    // Unsafe in name only: it is kept alive here, and not touched after `init`.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    /// - Throws: ``SystemError`` when there are no descriptors left for a pipe.
    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(what: "make a pipe for signals", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (received, continuation) = AsyncStream.makeStream(of: CInt.self)
        self.received = received
        source = DispatchSource.makeReadSource(fileDescriptor: ends[0])
        source.setEventHandler { [reading = ends[0]] in
            var byte: UInt8 = 0
            if read(reading, &byte, 1) == 1 { continuation.yield(CInt(byte)) }
        }
        source.resume()
        writingEnd = ends[1]
        for number in Self.numbers { signal(number, keep) }
    }

    /// Waits for the first signal.
    ///
    /// - Returns: its number; nil when the task was cancelled before there was one.
    @discardableResult
    func first() async -> CInt? {
        for await number in received { return number }
        return nil
    }

    /// Gives the signals their usual meaning back: the next one ends the process at once.
    func exitOnNext() {
        for number in Self.numbers { signal(number, SIG_DFL) }
    }

    /// Ends the process as `number` does by itself, so that whoever waits for it sees that it was a signal: a shell's loop
    /// ends with it.
    static func exit(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        kill(getpid(), number)
        // Another thread takes the signal: Dispatch's own block it. Only if all do is there anything left to do.
        sleep(1)
        _exit(128 + number)
    }

    private static let numbers = [SIGINT, SIGTERM]
}

/// Only what is safe at any instruction of any thread may be done here (signal-safety(7)).
private func keep(_ number: CInt) {
    let interrupted = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(writingEnd, &byte, 1)
    errno = interrupted
}

/// The pipe's end for `keep`. Unsafe in name only: it is written once, before `signal` makes anything read it.
nonisolated(unsafe) private var writingEnd: CInt = -1

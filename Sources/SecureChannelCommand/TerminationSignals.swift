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
final class TerminationSignals {
    private let received: AsyncStream<Void>
    private let source: any DispatchSourceRead

    /// - Throws: ``SystemError`` when there are no descriptors left for a pipe.
    init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(what: "make a pipe for signals", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (received, continuation) = AsyncStream.makeStream(of: Void.self)
        self.received = received
        source = DispatchSource.makeReadSource(fileDescriptor: ends[0])
        source.setEventHandler { [reading = ends[0]] in
            var byte: UInt8 = 0
            if read(reading, &byte, 1) == 1 { continuation.yield() }
        }
        source.resume()
        writingEnd = ends[1]
        for number in Self.numbers { signal(number, keep) }
    }

    /// Waits for the first signal.
    func first() async {
        for await _ in received { return }
    }

    /// Gives the signals their usual meaning back: the next one ends the process at once.
    func exitOnNext() {
        for number in Self.numbers { signal(number, SIG_DFL) }
    }

    private static let numbers = [SIGINT, SIGTERM]
}

/// Only what is safe at any instruction of any thread may be done here (signal-safety(7)).
private func keep(_ number: CInt) {
    let interrupted = errno
    var byte: UInt8 = 0
    _ = write(writingEnd, &byte, 1)
    errno = interrupted
}

/// The pipe's end for `keep`. Unsafe in name only: it is written once, before `signal` makes anything read it.
nonisolated(unsafe) private var writingEnd: CInt = -1

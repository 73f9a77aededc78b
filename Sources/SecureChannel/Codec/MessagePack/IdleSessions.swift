internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A thread's sessions that are not in use.
internal struct IdleSessions {
    var assemblies = IdleList<MessagePackAssembly>()
    var decodings = IdleList<MessagePackDecodingSession>()

    static let ofNoThread = Mutex(IdleSessions())

    /// Nil if the system has no more room for such things, which is so for all threads or for none.
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key) { IdleSessions.threadEnded($0) } == 0 ? key : nil
    }()

    @inline(__always)
    static var ofThisThread: UnsafeMutablePointer<IdleSessions>? {
        guard let key else { return nil }
        return pthread_getspecific(key)?.assumingMemoryBound(to: IdleSessions.self) ?? make(for: key)
    }

    @inline(never)
    private static func make(for key: pthread_key_t) -> UnsafeMutablePointer<IdleSessions>? {
        let sessions = UnsafeMutablePointer<IdleSessions>.allocate(capacity: 1)
        sessions.initialize(to: IdleSessions())
        guard pthread_setspecific(key, sessions) == 0 else {
            sessions.deallocate()
            return nil
        }
        return sessions
    }

    private static func threadEnded(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer = pointer?.assumingMemoryBound(to: IdleSessions.self) else { return }
        let sessions = pointer.move()
        pointer.deallocate()
        ofNoThread.withLock {
            $0.assemblies.append(sessions.assemblies)
            $0.decodings.append(sessions.decodings)
        }
    }
}

extension MessagePackAssembly {
    @inline(__always)
    static func withIdle<Result>(
        in sessions: inout IdleSessions,
        _ body: (inout IdleList<MessagePackAssembly>) -> Result
    ) -> Result {
        body(&sessions.assemblies)
    }
}

extension MessagePackDecodingSession {
    @inline(__always)
    static func withIdle<Result>(
        in sessions: inout IdleSessions,
        _ body: (inout IdleList<MessagePackDecodingSession>) -> Result
    ) -> Result {
        body(&sessions.decodings)
    }
}

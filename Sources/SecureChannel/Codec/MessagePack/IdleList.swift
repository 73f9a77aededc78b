/// A session that nobody uses.
///
/// `@unchecked Sendable`: there is one of each session, in one list, and whoever takes it out is the only one to use it.
internal struct IdleSession<Session: CodingSession & ~Copyable>: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Session>
}

internal struct IdleList<Session: CodingSession & ~Copyable>: Sendable {
    private var first: IdleSession<Session>?

    @inline(__always)
    mutating func pop() -> IdleSession<Session>? {
        guard let session = first else { return nil }
        first = session.pointer.pointee.nextIdle
        return session
    }

    @inline(__always)
    mutating func push(_ session: IdleSession<Session>) {
        session.pointer.pointee.nextIdle = first
        first = session
    }

    mutating func append(_ other: IdleList) {
        var other = other
        while let session = other.pop() { push(session) }
    }
}

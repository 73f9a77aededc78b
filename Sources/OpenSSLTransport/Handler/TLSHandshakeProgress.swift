/// How far a handshake has come, for the error that says that it came no further.
enum TLSHandshakeProgress: Equatable {
    case nothingReceived
    /// The peer's first flight has begun.
    case begun
    /// A server has answered the hello.
    case answered
}

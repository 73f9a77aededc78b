/// How a server listens, and how its channels behave.
public struct ServerConfiguration: Sendable {
    /// What every accepted channel is configured with. Its timeouts for connecting are not used.
    public var channel: ChannelConfiguration
    /// How many connections the system may hold ready to be accepted (`listen(2)`): 1,024 by default.
    public var backlog: Int
    /// Lets several processes listen on one port (SO_REUSEPORT); off by default.
    public var reusePort: Bool
    /// The permissions of a Unix socket's file, 0o600 for instance; by default what the process's umask leaves.
    public var unixPermissions: UInt32?
    /// How many connections may be open at once, those in the handshake among them: 65,536 by default. Further ones are
    /// closed at once, and that is logged. There is no limit per address.
    public var maximumConnections: Int
    /// Decides about each connection after its handshake and before it becomes a channel: to throw is to refuse it.
    ///
    /// It runs where handlers do (see ``ChannelConfiguration/Execution``). Meanwhile nothing that the other side says is
    /// looked at, and of what arrives no more is kept than the socket's buffers and a read of it hold. On a connection that
    /// is refused all requests that come within a second are answered with a failure that says so; then it is closed in an
    /// orderly way. The reason is logged at the level info, and the other side does not learn it. If the connection ends
    /// before the decision does, the task is cancelled.
    public var onAccept: (@Sendable (TransportInformation) async throws -> Void)?
    /// How long ``onAccept`` may take for one connection before it is refused and the task cancelled, which it should heed:
    /// 10 s by default, an hour at most.
    public var acceptTimeout: Duration

    /// Each default is told at the property of the same name. Values that cannot work are found when the server is started,
    /// which then throws ``ChannelError`` with the code `invalidConfiguration`.
    public init(
        channel: ChannelConfiguration = ChannelConfiguration(),
        backlog: Int = 1024,
        reusePort: Bool = false,
        unixPermissions: UInt32? = nil,
        maximumConnections: Int = 65536,
        onAccept: (@Sendable (TransportInformation) async throws -> Void)? = nil,
        acceptTimeout: Duration = .seconds(10)
    ) {
        self.channel = channel
        self.backlog = backlog
        self.reusePort = reusePort
        self.unixPermissions = unixPermissions
        self.maximumConnections = maximumConnections
        self.onAccept = onAccept
        self.acceptTimeout = acceptTimeout
    }

    func validate() throws(ChannelError) {
        try channel.validate()
        guard (1...65535).contains(backlog) else {
            throw .invalid("backlog is \(backlog), and must be between 1 and 65535.")
        }
        guard maximumConnections > 0 else { throw .invalid("maximumConnections must be at least 1.") }
        guard acceptTimeout > .zero, acceptTimeout <= .seconds(3600) else {
            throw .invalid("acceptTimeout is \(acceptTimeout), and must be above zero and at most an hour.")
        }
        if let unixPermissions, unixPermissions > 0o777 {
            throw .invalid("unixPermissions must not be above 0o777.")
        }
    }
}

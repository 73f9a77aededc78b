/// Options of a channel's socket. Those that a Unix socket does not have are ignored there.
public struct SocketConfiguration: Sendable {
    /// Which kinds of IP address to use. Complete: there are two.
    public enum Family: Sendable, Hashable {
        /// Both.
        case any
        /// IPv4 alone.
        case ipv4
        /// IPv6 alone.
        case ipv6
    }

    /// When an idle connection is found dead (`tcp(7)`).
    public struct KeepAlive: Sendable, Hashable {
        /// How long the connection must be idle before the first probe: 30 s by default. Whole seconds.
        public var idle: Duration
        /// The pause between probes: 10 s by default. Whole seconds.
        public var interval: Duration
        /// How many probes without an answer: 3 by default.
        public var count: Int

        /// With Linux's limits: 1 s to 32,767 s each, and 1 to 127 probes; what is beyond is brought within.
        public init(idle: Duration = .seconds(30), interval: Duration = .seconds(10), count: Int = 3) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }
    }

    /// The address to connect from, an IP address with or without a port (`10.0.0.7`, `10.0.0.7:4000`, `[::1]:0`); the
    /// system's choice by default. For clients.
    public var localAddress: String?
    /// Which kinds of address of a name to use; all by default.
    public var family: Family
    /// Sends small messages at once (TCP_NODELAY); on by default.
    public var noDelay: Bool
    /// Finds dead connections; on by default, nil for off.
    public var keepAlive: KeepAlive?
    /// How long sent bytes may go without an acknowledgement (TCP_USER_TIMEOUT, on Linux): 60 s by default, nil for the
    /// system's choice.
    public var userTimeout: Duration?

    /// Each default is told at the property of the same name.
    public init(
        localAddress: String? = nil,
        family: Family = .any,
        noDelay: Bool = true,
        keepAlive: KeepAlive? = KeepAlive(),
        userTimeout: Duration? = .seconds(60)
    ) {
        self.localAddress = localAddress
        self.family = family
        self.noDelay = noDelay
        self.keepAlive = keepAlive
        self.userTimeout = userTimeout
    }
}

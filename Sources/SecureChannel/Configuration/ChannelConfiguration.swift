public import Logging

/// How a channel behaves: its timeouts and its limits. The defaults are right for most.
///
/// ```swift
/// let channel = try await openChannel(
///     address,
///     configuration: .init(retryTimeout: .seconds(30), replyTimeout: .seconds(5))
/// )
/// ```
public struct ChannelConfiguration: Sendable {
    /// How long one attempt to connect may take: name resolution, connection and TLS handshake together. 10 s by default.
    public var connectTimeout: Duration
    /// How long to go on trying when a server cannot be reached: `.zero` (the default) for one attempt, nil for ever.
    ///
    /// The pauses begin at about 0.5 s and grow by half to at most 30 s, with a random part so that many clients do not
    /// come back at once. What TLS refuses is not tried again.
    public var retryTimeout: Duration?
    /// How long `send` waits for a reply unless it is told otherwise: 60 s by default, nil for ever.
    public var replyTimeout: Duration?
    /// How many bytes a message's payload may have, either way: 16 MiB by default, at most 1 GiB.
    public var maximumMessageSize: Int
    /// How many own requests may be without a reply: 1,024 by default. Beyond that `send` waits.
    public var maximumOutboundCalls: Int
    /// How many bytes of own requests may be without a reply: 16 MiB by default. One larger request may go alone.
    public var maximumOutboundBytes: Int
    /// How many requests of the peer may be open before this side stops reading: 1,024 by default.
    ///
    /// Give both ends the same limits: a peer that may have more outbound calls than this side takes is held back together
    /// with its replies.
    public var maximumInboundRequests: Int
    /// How many bytes of requests of the peer may be open before this side stops reading: 16 MiB by default.
    public var maximumInboundBytes: Int
    /// How many bytes may wait for the socket before replies wait: 1 MiB by default. Requests have limits of their own.
    public var maximumWaitingBytes: Int
    /// How long the socket may take nothing while bytes wait, before the channel is closed: 30 s by default.
    public var writeTimeout: Duration
    /// How long open requests may take when the channel is closed in an orderly way or the peer has ended its side: 30 s
    /// by default.
    public var drainTimeout: Duration
    /// How long calls that were given up, by a timeout or a cancellation, may hold all places that there are for calls
    /// without a reply, before the channel is closed: 60 s by default, nil for ever.
    ///
    /// Such a call keeps its place until its late reply, since the peer may still be at work on it. While they hold all
    /// places nothing can be sent; the error says so, and another channel can be opened.
    public var abandonedCallTimeout: Duration?
    /// What an open channel does when its `TLSConfiguration` was reloaded; nothing by default.
    public var afterReload: AfterReload
    /// Closes a channel when the peer's certificate expires, or one that vouches for it, by the clock of this host; off by
    /// default. Only certificates that were verified count. The error's cause is a `TLSError` `certificateExpired`.
    public var closesWhenPeerCertificateExpires: Bool
    /// Where handlers run; on the channel's event loop by default.
    public var execution: Execution
    /// The threads that channels live on; the process's own by default.
    public var eventLoops: EventLoops
    /// Options of the socket.
    public var socket: SocketConfiguration
    /// Where to log. By default a logger that says only warnings and errors. Content and keys are never logged.
    public var logger: Logger

    /// Where a channel's handlers run. Complete: a task runs there or elsewhere.
    public enum Execution: Sendable, Hashable {
        /// On the channel's event loop, without a thread change. A handler must not block it: above 50 ms a warning is
        /// logged.
        case eventLoop
        /// On Swift's global pool, for handlers that compute for long. Each call costs two thread changes.
        case globalPool
    }

    /// Each default is told at the property of the same name. Values that cannot work are found when a channel is opened or
    /// a server started, which then throws ``ChannelError`` with the code `invalidConfiguration`.
    public init(
        connectTimeout: Duration = .seconds(10),
        retryTimeout: Duration? = .zero,
        replyTimeout: Duration? = .seconds(60),
        maximumMessageSize: Int = 16 << 20,
        maximumOutboundCalls: Int = 1024,
        maximumOutboundBytes: Int = 16 << 20,
        maximumInboundRequests: Int = 1024,
        maximumInboundBytes: Int = 16 << 20,
        maximumWaitingBytes: Int = 1 << 20,
        writeTimeout: Duration = .seconds(30),
        drainTimeout: Duration = .seconds(30),
        abandonedCallTimeout: Duration? = .seconds(60),
        afterReload: AfterReload = .keep,
        closesWhenPeerCertificateExpires: Bool = false,
        execution: Execution = .eventLoop,
        eventLoops: EventLoops = .shared,
        socket: SocketConfiguration = SocketConfiguration(),
        logger: Logger? = nil
    ) {
        self.connectTimeout = connectTimeout
        self.retryTimeout = retryTimeout
        self.replyTimeout = replyTimeout
        self.maximumMessageSize = maximumMessageSize
        self.maximumOutboundCalls = maximumOutboundCalls
        self.maximumOutboundBytes = maximumOutboundBytes
        self.maximumInboundRequests = maximumInboundRequests
        self.maximumInboundBytes = maximumInboundBytes
        self.maximumWaitingBytes = maximumWaitingBytes
        self.writeTimeout = writeTimeout
        self.drainTimeout = drainTimeout
        self.abandonedCallTimeout = abandonedCallTimeout
        self.afterReload = afterReload
        self.closesWhenPeerCertificateExpires = closesWhenPeerCertificateExpires
        self.execution = execution
        self.eventLoops = eventLoops
        self.socket = socket
        self.logger = logger ?? Self.quietLogger
    }

    private static var quietLogger: Logger {
        var logger = Logger(label: "swift-secure-channel")
        logger.logLevel = .warning
        return logger
    }

    /// - Throws: ``ChannelError`` with the code `invalidConfiguration`, which names the value that cannot work.
    func validate() throws(ChannelError) {
        let counts = [
            ("maximumMessageSize", maximumMessageSize, 1 << 30),
            ("maximumOutboundCalls", maximumOutboundCalls, 1 << 30),
            ("maximumOutboundBytes", maximumOutboundBytes, Int.max / 4),
            ("maximumInboundRequests", maximumInboundRequests, 1 << 30),
            ("maximumInboundBytes", maximumInboundBytes, Int.max / 4),
            ("maximumWaitingBytes", maximumWaitingBytes, Int.max / 4),
        ]
        for (name, value, maximum) in counts where !(1...maximum).contains(value) {
            throw .invalid("\(name) is \(value), and must be between 1 and \(maximum).")
        }
        let durations = [
            ("connectTimeout", connectTimeout), ("writeTimeout", writeTimeout), ("drainTimeout", drainTimeout),
            ("replyTimeout", replyTimeout ?? .seconds(1)),
            ("abandonedCallTimeout", abandonedCallTimeout ?? .seconds(1)),
        ]
        for (name, value) in durations where value <= .zero {
            throw .invalid("\(name) is \(value), and must be longer than nothing.")
        }
        if case .drain(let delay) = afterReload, delay < .zero {
            throw .invalid("afterReload is to drain after \(delay), and that must not be negative.")
        }
        if let retryTimeout, retryTimeout < .zero {
            throw .invalid("retryTimeout is \(retryTimeout), and must not be negative.")
        }
    }
}

extension ChannelError {
    static func invalid(_ message: String, address: String? = nil) -> ChannelError {
        ChannelError(.invalidConfiguration, message, address: address, phase: .configuration)
    }
}

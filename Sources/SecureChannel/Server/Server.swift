/// A server that listens; see ``startServer(_:codec:configuration:onChannel:)``.
public final class Server: Sendable {
    /// Where it listens, with the real port if 0 was asked for.
    public let address: Address
    private let listener: BoundListener
    private let connections: Connections

    init(_ listener: BoundListener, _ connections: Connections) {
        self.address = listener.address
        self.listener = listener
        self.connections = connections
    }

    /// The channels that are open now.
    public var channels: [Channel] { connections.channels }

    /// How many connections are open, those in the handshake among them.
    var connectionCount: Int { connections.count }

    /// Stops listening, finishes what was begun, and returns when every channel is closed.
    ///
    /// Requests that have arrived are answered, later ones are refused; `onChannel` may end by itself. When the grace period
    /// is over, what is still open is closed and `onChannel` is cancelled; one that does not end then is not waited for.
    /// Shutting down twice does no harm.
    ///
    /// Within a handler or an `onChannel` of this server it waits for all others: the handler's reply still arrives, and its
    /// channel is closed thereafter, at the latest when the grace period is over (with `.zero`, the drain timeout).
    ///
    /// - Parameter gracePeriod: how long the channels may take, 10 s by default; `.zero` closes them at once.
    public func shutDown(gracePeriod: Duration = .seconds(10)) async {
        await listener.close()
        await connections.shutDown(gracePeriod: gracePeriod)
    }

    /// Waits until the server has been shut down, or the task is cancelled.
    public func waitUntilShutDown() async {
        await connections.waitUntilShutDown()
    }
}

internal import Logging
internal import NIOCore
public import OpenSSLTransport

/// A request-reply channel between two hosts. Both ends may send and serve requests, all at once.
///
/// ```swift
/// let channel = try await openChannel(.tls(host: "db1.internal", port: 5555, tls))
/// let reply: String = try await channel.send("ohai")
/// await channel.close()
/// ```
///
/// A channel comes from ``openChannel(_:codec:configuration:)`` or is given to a server's `onChannel`. It may be used from
/// any task. It closes when ``close()`` is called, when the line breaks, and when nobody holds it any more.
public final class Channel: Sendable {
    /// What lies under the channel: the transport, both addresses, and what TLS agreed on.
    public let transport: TransportInformation
    /// The codec of both ends.
    public let codec: any Codec

    let loop: any EventLoop
    let executor: LoopExecutor
    let configuration: ChannelConfiguration
    let name: String
    /// The configuration's, as the event loop counts time.
    let replyTimeout: TimeAmount?
    var logger: Logger { configuration.logger }
    private let core: NIOLoopBound<ChannelCore>
    /// The same core without the check of the thread, for where that has just been made.
    // Sound because only `coreOnLoop` reads it, and only on the event loop; the reference itself never changes.
    private nonisolated(unsafe) let uncheckedCore: ChannelCore

    /// Called on the channel's event loop.
    init(_ core: ChannelCore, executor: LoopExecutor, transport: TransportInformation) {
        self.core = NIOLoopBound(core, eventLoop: core.loop)
        self.uncheckedCore = core
        self.loop = core.loop
        self.executor = executor
        self.codec = core.codec
        self.configuration = core.configuration
        self.name = core.peer
        self.replyTimeout = core.configuration.replyTimeout.map { .bounded($0) }
        self.transport = transport
    }

    deinit {
        onLoop { $0.close() }
    }

    /// The other end's address.
    public var peerAddress: Endpoint? { transport.peerAddress }
    /// This end's address.
    public var localAddress: Endpoint? { transport.localAddress }
    /// What the TLS handshake agreed on; nil without TLS.
    public var tls: TLSConnectionInformation? { transport.tls }

    /// Runs tasks on the channel's event loop, where calls cost no thread change:
    /// `Task(executorPreference: channel.taskExecutor) { … }`. Such a task must not block.
    public var taskExecutor: any TaskExecutor { executor }

    // MARK: Closing

    /// Closes the channel and waits until it is closed.
    ///
    /// What was written before is sent, and the peer is told in an orderly way; a peer that does not take or answer that is
    /// waited for 6 s at most. Calls that are pending fail with the code `connectionClosed`, and requests that are open get no
    /// reply any more, that of a handler which closes its own channel among them: it should ``drain()``. Closing twice does
    /// no harm.
    public func close() async {
        await closed { $0.close() }
    }

    /// Finishes what was begun, then closes and waits until the channel is closed.
    ///
    /// Open requests are answered and pending calls waited for, for the drain timeout at most. New requests of the peer
    /// are answered with a failure.
    ///
    /// Within a handler of this channel's own `serve` it returns when all but the handlers that wait like this is finished,
    /// and the channel closes once they have replied. A request that `receive` gave has to be answered first, or by another
    /// task.
    public func drain() async {
        guard let handler = HandlerScope.handler(of: self) else { return await closed { $0.drain(failQueued: false) } }
        handler.ask()
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            onLoop { $0.drain(from: handler, continuation) }
        }
    }

    /// The same, when nobody will take the requests that wait.
    func finish() async {
        await closed { $0.drain(failQueued: true) }
    }

    /// Closes because of an error of this side's own making.
    func close(because error: ChannelError) async {
        await closed { $0.close(error) }
    }

    /// Waits until the channel is closed, by whomever.
    public func waitUntilClosed() async {
        await closed { _ in }
    }

    /// How the channel ended.
    struct End: Sendable {
        var code: ChannelError.Code
        /// The peer never said anything.
        var wasSilent: Bool
        /// The log has it already.
        var wasLogged: Bool
    }

    /// What ended the channel; nil while it is open.
    var end: End? {
        get async {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<End?, Never>) in
                onLoop { core in
                    let wasSilent = !core.channelProtocol.hasReceived
                    let wasLogged = core.endWasLogged
                    continuation.resume(
                        returning: core.failure.map {
                            End(code: $0.code, wasSilent: wasSilent, wasLogged: wasLogged)
                        }
                    )
                }
            }
        }
    }

    private func closed(_ action: @escaping @Sendable (ChannelCore) -> Void) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            onLoop { core in
                action(core)
                core.whenClosed(continuation)
            }
        }
    }

    // MARK: The event loop

    /// The core, when the caller is on the event loop: then all can be done at once.
    var coreOnLoop: ChannelCore? {
        loop.inEventLoop ? uncheckedCore : nil
    }

    /// Does something with the core, now if the caller is on the event loop, else soon.
    func onLoop(_ action: @escaping @Sendable (ChannelCore) -> Void) {
        if loop.inEventLoop {
            action(core.value)
        } else {
            loop.execute { [core] in action(core.value) }
        }
    }
}

extension Channel {
    /// Does something with the core as the loop has time: for many channels, or calls, at once.
    func soon(_ action: @escaping @Sendable (ChannelCore) -> Void) {
        executor.executeSoon { self.onLoop(action) }
    }
}

extension Channel: Identifiable, CustomStringConvertible {
    /// `channel to` and the other end's address.
    public var description: String { "channel to \(name)" }
}

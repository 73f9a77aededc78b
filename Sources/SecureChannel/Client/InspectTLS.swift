internal import NIOCore
public import OpenSSLTransport

/// What a server shows of itself in a TLS handshake, and how it takes us.
public struct TLSInspection: Sendable {
    /// The server's end of the connection.
    public var peerAddress: Endpoint?
    /// What the handshake agreed on.
    public var information: TLSConnectionInformation
    /// The chain, what was asked of us, and more.
    public var details: TLSPeerDetails
    /// What the server did after the handshake.
    public var reception: Reception

    /// In TLS 1.3 a client's handshake is over before the server has looked at its certificate: what follows tells.
    @nonexhaustive
    public enum Reception: Sendable {
        /// It kept the connection until we said goodbye, and answered that by its own goodbye or by closing the connection:
        /// TLS has taken us. Whether the application behind it does, only a message can tell.
        case accepted
        /// It ended the connection before we had said goodbye, and gave no reason.
        case closed
        /// It refused us, or the connection broke.
        case refused(TLSError)
        /// It said nothing within the time that it had.
        case silent
    }
}

/// Makes a TLS connection to look at the server, and closes it: no message is ever sent over it.
///
/// To look at a server whose certificate does not verify, give the address a configuration with `verification` set to
/// `dangerouslyNone`.
///
/// - Parameters:
///   - address: a `tls` address.
///   - patience: how long the server may take to react after the handshake, and again after our goodbye.
///   - configuration: its connect timeout and its sockets' options.
/// - Throws: ``ChannelError`` as `openChannel` does, for the same reasons; `CancellationError` when the task was cancelled.
public func inspectTLS(
    _ address: Address,
    patience: Duration = .seconds(1),
    configuration: ChannelConfiguration = ChannelConfiguration()
) async throws -> TLSInspection {
    guard case .tls(let host, _, let tls) = address else {
        throw ChannelError.invalid("\(address) is without TLS, so there is none to look at.", address: "\(address)")
    }
    let connector = try await Connector(address: address, codec: .messagePack, configuration: configuration)
    let loop = configuration.eventLoops.group.next()
    let promise = loop.makePromise(of: TLSInspection.self)
    return try await withTaskCancellationHandler {
        let deadline = loop.scheduleTask(in: .bounded(configuration.connectTimeout)) {
            promise.fail(connector.timedOut(in: .connecting))
        }
        defer { deadline.cancel() }
        connector.dial(on: loop) { connection in
            try connection.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            configuration.socket.apply(to: connection)
            let operations = connection.pipeline.syncOperations
            try operations.addHandler(TLSHandler(client: tls, host: host))
            try operations.addHandler(
                TLSInspector(promise, patience: patience) {
                    deadline.cancel()  // the handshake's own timer, and patience, take over
                }
            )
        }.whenComplete { result in
            switch result {
            case .failure(let error): promise.fail(connector.failed(error))
            case .success(let connection): promise.futureResult.whenComplete { _ in connection.close(promise: nil) }
            }
        }
        do {
            return try await promise.futureResult.get()
        } catch let error as TLSError {
            throw ChannelError.tls(error, address: "\(address)", phase: .handshake)
        } catch let error where !(error is CancellationError) {
            throw connector.failed(error)
        }
    } onCancel: {
        promise.fail(CancellationError())
    }
}

/// Stands above TLS where a channel's protocol would; sees what comes after the handshake, and says
/// goodbye only then: a server that hangs up by itself must not pass for one that answers a goodbye.
private final class TLSInspector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<TLSInspection>
    private let patience: Duration
    private let whenConnected: () -> Void
    private var connectedAt: NIODeadline?
    private var hasSaidGoodbye = false
    private var inspection: TLSInspection?
    private var timer: Scheduled<Void>?

    init(_ promise: EventLoopPromise<TLSInspection>, patience: Duration, whenConnected: @escaping () -> Void) {
        self.promise = promise
        self.patience = patience
        self.whenConnected = whenConnected
    }

    func channelActive(context: ChannelHandlerContext) {
        whenConnected()
        connectedAt = .now()
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let information):
            // At once: a refusal may be next, and ends the session.
            guard let details = Self.details(context) else { return }
            inspection = TLSInspection(
                peerAddress: Endpoint(context.channel.remoteAddress),
                information: information,
                details: details,
                reception: .silent
            )
            wait(context)
        case ChannelEvent.inputClosed:
            finish(hasSaidGoodbye ? .accepted : .closed, context)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard inspection != nil, let error = error as? TLSError else { return promise.fail(error) }
        // Many servers just close: they had accepted the handshake, and have nothing to say.
        let end = hasSaidGoodbye ? TLSInspection.Reception.accepted : .closed
        finish(error.cause == .truncated ? end : .refused(error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(hasSaidGoodbye ? .accepted : .closed, context)
        context.fireChannelInactive()
    }

    /// Gives the server the time of some round trips to refuse us or to hang up, and to send its tickets; then says goodbye.
    private func wait(_ context: ChannelHandlerContext) {
        let patience = TimeAmount.bounded(patience)
        let handshake = connectedAt.map { NIODeadline.now() - $0 } ?? .zero
        let pause = min(patience, max(.milliseconds(300), handshake + handshake))
        let loop = context.eventLoop.assumeIsolated()
        timer = loop.scheduleTask(in: pause) {
            self.hasSaidGoodbye = true
            // Now: many servers break the connection off after a goodbye, and the session has gone then.
            self.noteTicket(context)
            self.timer = loop.scheduleTask(in: patience) { self.finish(.silent, context) }
            context.close(mode: .output, promise: nil)
        }
    }

    private func finish(_ reception: TLSInspection.Reception, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        noteTicket(context)
        guard var inspection else { return promise.fail(NIOCore.ChannelError.eof) }
        self.inspection = nil
        inspection.reception = reception
        promise.succeed(inspection)
    }

    private func noteTicket(_ context: ChannelHandlerContext) {
        if let details = Self.details(context) { inspection?.details.hasTicket = details.hasTicket }
    }

    private static func details(_ context: ChannelHandlerContext) -> TLSPeerDetails? {
        try? context.pipeline.syncOperations.handler(type: TLSHandler.self).peerDetails()
    }
}

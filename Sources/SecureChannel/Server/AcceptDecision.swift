internal import Logging
internal import NIOCore

/// Has the program decide about one connection, while its protocol is paused. Lives on the connection's event loop until the
/// decision, the deadline or the connection's end, whichever comes first.
final class AcceptDecision {
    typealias Decider = @Sendable (TransportInformation) async throws -> Void

    private let core: ChannelCore
    private let configuration: ServerConfiguration
    private let decide: Decider
    private var accepted: (() -> Void)?
    private var task: Task<Void, Never>?
    private var deadline: Scheduled<Void>?

    init(_ core: ChannelCore, _ configuration: ServerConfiguration, _ decide: @escaping Decider) {
        self.core = core
        self.configuration = configuration
        self.decide = decide
    }

    /// - Parameter accepted: called on the event loop if the program has nothing against the connection, before anything
    ///   that has arrived is looked at.
    func begin(
        about transport: TransportInformation,
        _ connection: any NIOCore.Channel,
        accepted: @escaping () -> Void
    ) {
        core.channelProtocol.pause()
        self.accepted = accepted
        let loop = core.loop
        deadline = loop.assumeIsolated().scheduleTask(in: .bounded(configuration.acceptTimeout)) {
            self.task?.cancel()
            self.refuse("onAccept did not end within \(self.configuration.acceptTimeout)")
        }
        // Weakly, for the connection outlives the decision, which until then is held by its task.
        connection.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.abandon() }
        let decision = NIOLoopBound(self, eventLoop: loop)
        task = Task(executorPreference: configuration.channel.execution.executor(core.executor)) { [decide] in
            let reason: String?
            do {
                try await decide(transport)
                reason = nil
            } catch {
                reason = FailureText.forLog(error)
            }
            loop.execute { decision.value.end(reason) }
        }
    }

    private func end(_ reason: String?) {
        guard let accepted else { return }
        if let reason { return refuse(reason) }
        stop()
        switch core.state {
        case .open, .draining:
            accepted()
            core.channelProtocol.resume()
        case .closing, .closed:
            break  // it has ended meanwhile
        }
    }

    private func refuse(_ reason: String) {
        guard accepted != nil else { return }
        stop()
        configuration.channel.logger.info(
            "A connection was refused.",
            metadata: ["peer": "\(core.peer)", "reason": "\(reason)"]
        )
        core.turnAway()
    }

    /// The connection is gone.
    private func abandon() {
        guard accepted != nil else { return }
        stop()
        task?.cancel()
        configuration.channel.logger.info(
            "A connection ended before it was decided whether to accept it.",
            metadata: ["peer": "\(core.peer)"]
        )
    }

    /// There is nothing to decide any more.
    private func stop() {
        accepted = nil
        deadline?.cancel()
        deadline = nil
    }
}

internal import NIOCore

/// One call of `receive` or `serve`, so that a cancellation finds its own and no other. Touched on the event loop only.
final class Receiving {
    fileprivate(set) var isCancelled = false
}

// Handing requests to `serve`'s workers. Each wait ends with a request, or with how the serving ended.
extension ChannelCore: Dispatcher {
    func beginServing(_ starter: RequestContinuation, as receiving: Receiving) {
        guard !receiving.isCancelled else { return starter.resume(returning: .ended(cancelled)) }
        guard inbox.beginServing() else { return starter.resume(returning: .ended(alreadyReceiving)) }
        self.receiving = receiving
        awaitWork(starter: starter)
    }

    /// Waits for one request.
    func receiveOne(_ receiver: RequestContinuation, as receiving: Receiving) {
        guard !receiving.isCancelled else { return receiver.resume(returning: .ended(cancelled)) }
        guard !inbox.hasReceivers else { return receiver.resume(returning: .ended(alreadyReceiving)) }
        if let delivery = takeRequest() { return receiver.resume(returning: delivery) }
        self.receiving = receiving
        _ = inbox.wait(receiver)
    }

    /// Whoever receives or serves was cancelled: that one, and nobody who has come after it.
    func stop(_ receiving: Receiving) {
        receiving.isCancelled = true
        guard self.receiving === receiving else { return }
        endReceivers(cancelled)
        endServingWait(cancelled)
    }

    /// The last handler has ended.
    func endServing(_ receiving: Receiving) {
        guard self.receiving === receiving else { return }
        self.receiving = nil
        inbox.endServing()
    }

    private var cancelled: ChannelError { .closed(by: "this side", peer: peer) }

    private var alreadyReceiving: ChannelError {
        ChannelError(
            .alreadyReceiving,
            "Another task receives the requests of the channel to \(peer) already.",
            address: peer,
            hint: "Let one task receive, or use serve to handle many requests at once."
        )
    }

    /// For whoever starts workers: a request that no worker is free for.
    func awaitWork(starter: RequestContinuation) {
        if let delivery = nextForServing() {
            if case .request = delivery { inbox.workerStarted() }
            return starter.resume(returning: delivery)
        }
        _ = inbox.park(starter: starter)
    }

    /// For a worker that has nothing to do.
    func awaitWork(_ worker: RequestContinuation) {
        if let delivery = nextForServing() { return worker.resume(returning: delivery) }
        _ = inbox.park(worker)
    }

    /// Resumes when the handlers should stop: the channel is closing, or whoever serves was cancelled.
    func awaitEndOfServing(_ waiter: RequestContinuation, as receiving: Receiving) {
        switch state {
        case .closing(let error), .closed(let error): waiter.resume(returning: .ended(error))
        case .open, .draining:
            if receiving.isCancelled || self.receiving !== receiving {
                waiter.resume(returning: .ended(cancelled))
            } else {
                servingEndWaiter = waiter
            }
        }
    }

    func endServingWait(_ error: ChannelError) {
        servingEndWaiter?.resume(returning: .ended(error))
        servingEndWaiter = nil
    }

    // MARK: Dispatch

    /// Has one receiver woken for the requests that wait, once the tasks that are ready have run.
    func dispatchLater() {
        guard !isDispatchRegistered else { return }
        isDispatchRegistered = true
        executor.dispatchLater(self)
    }

    func dispatch() {
        isDispatchRegistered = false
        guard let (receiver, request) = inbox.wake() else { return }
        receiver.resume(returning: .request(request))
        if inbox.queuedCount > 0 { dispatchLater() }
    }

    /// What there is for a worker now; nil when it has to wait.
    func nextForServing() -> Delivery? {
        guard inbox.isServing else { return .ended(failure ?? .closed(by: "this side", peer: peer)) }
        return takeRequest()
    }
}

internal import NIOCore

// Handing requests to `serve`'s workers. Each wait ends with a request, or with how the serving ended.
extension ChannelCore: Dispatcher {
    func beginServing(_ starter: RequestContinuation) {
        guard inbox.beginServing() else {
            return starter.resume(
                returning: .ended(ChannelError(.alreadyReceiving, "Another task receives already.", address: peer))
            )
        }
        isServingStopped = false
        awaitWork(starter: starter)
    }

    /// For whoever starts workers: a request that no worker is free for.
    func awaitWork(starter: RequestContinuation) {
        if let delivery = nextForServing() { return starter.resume(returning: delivery) }
        _ = inbox.park(starter: starter)
    }

    /// For a worker that has nothing to do.
    func awaitWork(_ worker: RequestContinuation) {
        if let delivery = nextForServing() { return worker.resume(returning: delivery) }
        _ = inbox.park(worker)
    }

    /// Resumes when the handlers should stop: the channel is closing, or whoever serves was cancelled.
    func awaitEndOfServing(_ waiter: RequestContinuation) {
        switch state {
        case .closing(let error), .closed(let error): waiter.resume(returning: .ended(error))
        case .open, .draining:
            if isServingStopped {
                waiter.resume(returning: .ended(.closed(by: "this side", peer: peer)))
            } else {
                servingEndWaiter = waiter
            }
        }
    }

    /// Whoever serves was cancelled.
    func stopServing() {
        isServingStopped = true
        let error = ChannelError.closed(by: "this side", peer: peer)
        endReceivers(error)
        endServingWait(error)
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

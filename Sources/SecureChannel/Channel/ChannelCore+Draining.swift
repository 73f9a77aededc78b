internal import NIOCore

// Draining that a handler asks for: it waits for all but itself.
extension ChannelCore {
    /// Drains the channel. Resumes when all that was begun is done but what the handlers have that wait here, so that they do
    /// not wait for themselves or one another; the channel closes when those have ended, too.
    func drain(from handler: HandlerScope, _ waiter: UnsafeContinuation<Void, Never>) {
        drain(failQueued: false)
        if isClosing { return whenClosed(waiter) }
        drainingHandlers[ObjectIdentifier(handler), default: []].append(waiter)
        resumeDrainingHandlers()
    }

    /// A handler has answered its request: whoever waits on its behalf waits for the end like everybody.
    func handlerEnded(_ handler: HandlerScope) {
        for waiter in drainingHandlers.removeValue(forKey: ObjectIdentifier(handler)) ?? [] { whenClosed(waiter) }
        resumeDrainingHandlers()
    }

    func resumeDrainingHandlers() {
        guard !drainingHandlers.isEmpty else { return }
        let isDone = calls.waitingCount == 0 && waitingCalls.isEmpty && inbox.isDone(besides: drainingHandlers.count)
        guard isDone || isClosing else { return }
        let waiters = drainingHandlers.values.joined()
        drainingHandlers = [:]
        for waiter in waiters { waiter.resume() }
    }
}

internal import DequeModule

/// The peer's requests that wait to be taken, who takes them, and how many are open.
///
/// A pure value. A request is open from its arrival until its reply. Beyond the limits the channel stops reading; a peer
/// that keeps to the same limits never gets there, so its replies are never held back behind its requests.
struct RequestInbox<Receiver> {
    let maximumCount: Int
    let maximumBytes: Int
    private(set) var openCount = 0
    private(set) var openBytes = 0
    private var queue = Deque<IncomingRequest>()
    /// How many of the queue's first requests lie in memory of their own.
    private var compactCount = 0
    private var receivers = Receivers.nobody
    /// Whether a worker was given a request as it came, since ``endTurn()``.
    private var hasWoken = false
    /// How many workers `serve` has started.
    private var workerCount = 0

    private enum Receivers {
        case nobody
        /// One `receive()` waits.
        case single(Receiver)
        /// `serve` runs: workers that have nothing to do, last come first served so that few stay warm, and beside them
        /// whoever starts a further worker.
        case serving(idle: [Receiver], starter: Receiver?)
        /// `serve` has ended, but some of its handlers have not.
        case stopping
    }

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = max(1, maximumCount)
        self.maximumBytes = maximumBytes
    }

    /// Whether the peer has more open than a peer with our own limits would have.
    ///
    /// One message larger than the limit may be open alone, so bytes count only beside another request.
    var isOverLimit: Bool { openCount > maximumCount || (openBytes > maximumBytes && openCount > 1) }

    var queuedCount: Int { queue.count }
    var hasReceivers: Bool { if case .nobody = receivers { false } else { true } }

    /// A request has arrived: it is for the receiver that is returned, or it queues up.
    mutating func arrive(_ request: IncomingRequest) -> Receiver? {
        openCount += 1
        openBytes += request.size
        switch receivers {
        case .single(let receiver):
            receivers = .nobody
            return receiver
        case .serving(var idle, let starter):
            // The first is for a worker that has nothing to do. Who goes on after it, ``wake()`` says.
            guard !hasWoken, queue.isEmpty, !idle.isEmpty else { break }
            receivers = .nobody  // gives the array up, so that removing does not copy it
            let worker = idle.popLast()
            receivers = .serving(idle: idle, starter: starter)
            hasWoken = true
            return worker
        case .nobody, .stopping: break
        }
        queue.append(request)
        return nil
    }

    /// Whoever should be woken for the oldest request that waits, and that request: a worker that has nothing to do, else
    /// whoever starts workers.
    ///
    /// One at a time, because a worker goes on with the next request by itself when it is done with one: a second is only
    /// of use if the first has been suspended.
    mutating func wake() -> (receiver: Receiver, request: IncomingRequest)? {
        guard !queue.isEmpty, case .serving(var idle, var starter) = receivers else { return nil }
        receivers = .nobody  // gives the array up, so that removing does not copy it
        defer { receivers = .serving(idle: idle, starter: starter) }
        if let worker = idle.popLast() { return takeFirst(worker) }
        if starter != nil { workerCount += 1 }
        defer { starter = nil }
        return starter.flatMap { takeFirst($0) }
    }

    private mutating func takeFirst(_ receiver: Receiver) -> (Receiver, IncomingRequest)? {
        take().map { (receiver, $0) }
    }

    /// What was read at once has been handed on, and the tasks that it woke have run.
    mutating func endTurn() {
        hasWoken = false
    }

    /// Moves what waits into memory of its own size, so that it does not keep the reads that it came with.
    mutating func compact() {
        guard compactCount < queue.count else { return }
        for index in compactCount..<queue.count { queue[index] = queue[index].compacted }
        compactCount = queue.count
    }

    /// A request has arrived that will be refused: it only counts as open.
    mutating func arriveLate(_ request: IncomingRequest) {
        openCount += 1
        openBytes += request.size
    }

    /// The oldest request that nobody has taken.
    mutating func take() -> IncomingRequest? {
        compactCount = max(0, compactCount - 1)
        return queue.popFirst()
    }

    /// Whether nobody works on a request any more but so many handlers, nor will before one of them has ended.
    func isDone(besides handlers: Int) -> Bool {
        guard openCount - queue.count <= handlers else { return false }
        guard !queue.isEmpty, case .serving(_, let starter) = receivers else { return true }
        return workerCount <= handlers && starter == nil
    }

    /// A request has its reply.
    mutating func answered(size: Int) {
        openCount -= 1
        openBytes -= size
    }

    // MARK: Receivers

    /// False when somebody receives already.
    mutating func wait(_ receiver: Receiver) -> Bool {
        guard case .nobody = receivers else { return false }
        receivers = .single(receiver)
        return true
    }

    /// False when somebody receives already.
    mutating func beginServing() -> Bool {
        guard case .nobody = receivers else { return false }
        receivers = .serving(idle: [], starter: nil)
        workerCount = 0
        return true
    }

    /// Whoever starts workers has taken a request for a new one.
    mutating func workerStarted() { workerCount += 1 }

    /// A worker has nothing to do. False when serving has ended.
    mutating func park(_ worker: Receiver) -> Bool {
        guard case .serving(var idle, let starter) = receivers else { return false }
        receivers = .nobody  // gives the array up, so that appending does not copy it
        idle.append(worker)
        receivers = .serving(idle: idle, starter: starter)
        return true
    }

    /// Whoever starts workers waits for a request that no worker is free for. False when serving has ended.
    mutating func park(starter: Receiver) -> Bool {
        guard case .serving(let idle, _) = receivers else { return false }
        receivers = .serving(idle: idle, starter: starter)
        return true
    }

    /// Ends the receiving, and gives back whoever waits. Serving goes on to be in the way of other receivers until
    /// ``endServing()``.
    mutating func removeReceivers() -> [Receiver] {
        switch receivers {
        case .nobody, .stopping:
            return []
        case .single(let receiver):
            receivers = .nobody
            return [receiver]
        case .serving(let idle, let starter):
            receivers = .stopping
            guard let starter else { return idle }
            return idle + [starter]
        }
    }

    /// The last handler has ended.
    mutating func endServing() {
        switch receivers {
        case .serving, .stopping: receivers = .nobody
        case .nobody, .single: break
        }
    }

    var isServing: Bool { if case .serving = receivers { true } else { false } }

    /// Empties the queue; the requests stay open until they are answered.
    mutating func removeQueued() -> [IncomingRequest] {
        defer {
            queue.removeAll()
            compactCount = 0
        }
        return Array(queue)
    }
}

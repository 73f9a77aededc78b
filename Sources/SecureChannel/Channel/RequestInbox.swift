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
    private var receivers = Receivers.nobody

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
            if let worker = idle.popLast() {
                receivers = .serving(idle: idle, starter: starter)
                return worker
            }
            if let starter {
                receivers = .serving(idle: idle, starter: nil)
                return starter
            }
        case .nobody, .stopping:
            break
        }
        queue.append(request.compacted)
        return nil
    }

    /// A request has arrived that will be refused: it only counts as open.
    mutating func arriveLate(_ request: IncomingRequest) {
        openCount += 1
        openBytes += request.size
    }

    /// The oldest request that nobody has taken.
    mutating func take() -> IncomingRequest? { queue.popFirst() }

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

    /// The single receiver waits no longer.
    mutating func stopWaiting() -> Receiver? {
        guard case .single(let receiver) = receivers else { return nil }
        receivers = .nobody
        return receiver
    }

    /// False when somebody receives already.
    mutating func beginServing() -> Bool {
        guard case .nobody = receivers else { return false }
        receivers = .serving(idle: [], starter: nil)
        return true
    }

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
            return idle + [starter].compactMap(\.self)
        }
    }

    /// The last handler has ended.
    mutating func endServing() {
        if case .stopping = receivers { receivers = .nobody }
    }

    var isServing: Bool { if case .serving = receivers { true } else { false } }

    /// Empties the queue; the requests stay open until they are answered.
    mutating func removeQueued() -> [IncomingRequest] {
        defer { queue.removeAll() }
        return Array(queue)
    }
}

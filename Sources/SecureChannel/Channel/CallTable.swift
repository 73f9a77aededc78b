internal import DequeModule
internal import NIOCore

/// This side's own requests that have no reply yet, and the limits on them.
///
/// A pure value. Ids count from 0 and are never used twice, so the table is a window on the ids: the oldest open one at
/// its front. Calls that stay open while thousands pass by are moved out of the window, so that it stays short.
struct CallTable<Waiter> {
    let maximumCount: Int
    let maximumBytes: Int
    /// Calls that have a slot, those that nobody waits for any more among them.
    private(set) var count = 0
    private(set) var bytes = 0
    /// Calls that somebody waits for.
    private(set) var waitingCount = 0
    private var firstID: UInt64 = 0
    private var window = Deque<Slot>()
    private var stragglers: [UInt64: Slot] = [:]
    /// Ids below have been looked at by ``sendAway()``.
    private var lookedAt: UInt64 = 0
    /// Ids below had been given out when it last looked.
    private var mark: UInt64 = 0
    /// Stragglers that wait briefly, for ``sendAway()`` to look at.
    private var briefStragglers: [UInt64] = []
    /// Deadlines of ids below ``scheduled``. Most calls are over long before theirs, so they are gathered late.
    private var deadlines = DeadlineQueue()
    private var scheduled: UInt64 = 0

    private struct Slot {
        var state: State
        var size: Int
        var deadline: NIODeadline
        /// Where its frame ends in the stream of what was written; 0 if that is not known.
        var end: UInt64 = 0

        var waiter: Waiter? {
            switch state {
            case .waiting(let waiter), .waitingBriefly(let waiter): waiter
            case .opened, .away, .abandoned, .done: nil
            }
        }

        var isWaiting: Bool {
            switch state {
            case .waiting, .waitingBriefly, .away: true
            case .opened, .abandoned, .done: false
            }
        }
    }

    private enum State {
        case waiting(Waiter)
        /// The same, until ``sendAway()``.
        case waitingBriefly(Waiter)
        /// Its waiter was sent away and will come back.
        case away
        /// Sent just now; its waiter comes in the same turn of the event loop.
        case opened
        /// Its waiter is gone: the reply, when it comes, is dropped.
        case abandoned
        case done
    }

    enum Reply {
        case deliver(Waiter)
        /// Its waiter is on its way back, and should find the reply then.
        case keep
        /// Nobody waits for it any more, or it was answered before.
        case drop
        /// No request with this id was ever sent: the peer broke the protocol.
        case unknown
    }

    /// - Parameters:
    ///   - maximumCount: how many calls may be outstanding; at least 1.
    ///   - maximumBytes: how many bytes of requests may be outstanding; one larger request may go alone.
    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = max(1, maximumCount)
        self.maximumBytes = maximumBytes
    }

    /// How long the window is: of the same order as ``count``.
    var windowCount: Int { window.count }

    /// How many deadlines are gathered: of the same order as ``waitingCount``.
    var deadlineCount: Int { deadlines.count }

    var nextID: UInt64 { firstID + UInt64(window.count) }

    /// Whether a request of `size` bytes may be sent now.
    func admits(_ size: Int) -> Bool {
        count == 0 || (count < maximumCount && bytes + size <= maximumBytes)
    }

    /// Whether calls that nobody waits for any more are all that keeps a request of `size` bytes from being sent.
    func isHeldByAbandoned(_ size: Int) -> Bool { waitingCount == 0 && !admits(size) }

    /// Takes a slot. The waiter is given by ``wait(for:_:)``, in the same turn of the event loop.
    mutating func open(size: Int, deadline: NIODeadline) -> UInt64 {
        let id = nextID
        window.append(Slot(state: .opened, size: size, deadline: deadline))
        count += 1
        bytes += size
        if window.count > Self.longestWindow, window.count > 4 * count { shorten() }
        return id
    }

    /// Takes a slot and an id for a request that is about to be encoded: that may run anybody's code, which may start calls
    /// of its own. ``fill(_:size:deadline:end:)`` or ``giveBack(_:)`` must follow.
    mutating func reserve() -> UInt64? {
        admits(0) ? open(size: 0, deadline: .distantFuture) : nil
    }

    /// Whether the request that a slot was reserved for may have `size` bytes.
    func admitsReserved(_ size: Int) -> Bool { count <= 1 || bytes + size <= maximumBytes }

    /// The request that a slot was reserved for is encoded. False if the table was emptied meanwhile.
    mutating func fill(_ id: UInt64, size: Int, deadline: NIODeadline, end: UInt64 = 0) -> Bool {
        var isOpen = false
        update(id) { slot in
            guard case .opened = slot.state else { return }
            isOpen = true
            slot.size = size
            slot.deadline = deadline
            slot.end = end
        }
        guard isOpen else { return false }
        bytes += size
        if id < scheduled { deadlines.add(id, deadline) }
        return true
    }

    /// The request that a slot was reserved for will not be sent. Its id is used for the next, unless there is a later one.
    mutating func giveBack(_ id: UInt64) {
        if id >= firstID, id == nextID - 1, case .opened? = window.last?.state {
            count -= 1
            window.removeLast()
            scheduled = min(scheduled, id)
            lookedAt = min(lookedAt, id)
            mark = min(mark, id)
        } else {
            _ = remove(id)
        }
    }

    /// Says who waits for the reply to `id`; false if that call is over.
    @discardableResult
    mutating func wait(for id: UInt64, _ waiter: Waiter, isBrief: Bool = false) -> Bool {
        var isTaken = false
        var wasAway = false
        update(id) { slot in
            switch slot.state {
            case .opened: break
            case .away: wasAway = true
            case .waiting, .waitingBriefly, .abandoned, .done: return
            }
            slot.state = isBrief ? .waitingBriefly(waiter) : .waiting(waiter)
            isTaken = true
        }
        if isTaken, !wasAway { waitingCount += 1 }
        return isTaken
    }

    /// Gives back those who wait briefly, and have since before the last time that this was called: they should come back,
    /// by ``wait(for:_:isBrief:)``, to wait for longer. Meanwhile their calls go on.
    mutating func sendAway() -> [Waiter] {
        var waiters: [Waiter] = []
        func sendAway(_ slot: inout Slot) {
            guard case .waitingBriefly(let waiter) = slot.state else { return }
            waiters.append(waiter)
            slot.state = .away
        }
        for id in max(lookedAt, firstID)..<max(lookedAt, firstID, mark) { update(id, sendAway) }
        let stragglers = briefStragglers
        briefStragglers.removeAll()
        for id in stragglers { if id < mark { update(id, sendAway) } else { briefStragglers.append(id) } }
        lookedAt = mark
        mark = nextID
        return waiters
    }

    /// Whether there are calls that ``sendAway()`` has not looked at.
    var hasUnseen: Bool { lookedAt < nextID }

    /// Forgets who waits for `id`, and gives the waiter back. The call keeps its slot until its late reply: the peer is
    /// still at work on it.
    mutating func abandon(_ id: UInt64) -> Waiter? {
        var waiter: Waiter?
        var wasWaiting = false
        update(id) { slot in
            guard slot.isWaiting else { return }
            wasWaiting = true
            waiter = slot.waiter
            slot.state = .abandoned
            slot.deadline = .distantFuture
        }
        if wasWaiting { waitingCount -= 1 }
        return waiter
    }

    /// A reply has come.
    mutating func reply(to id: UInt64) -> Reply {
        guard id < nextID else { return .unknown }
        guard let slot = remove(id) else { return .drop }
        switch slot.state {
        case .waiting(let waiter), .waitingBriefly(let waiter): return .deliver(waiter)
        case .away: return .keep
        case .opened, .abandoned, .done: return .drop
        }
    }

    /// Gives back waiters whose deadline has passed, `limit` at most; their calls keep their slots.
    mutating func expire(at now: NIODeadline, limit: Int = .max) -> [Waiter] {
        schedule()
        var waiters: [Waiter] = []
        while waiters.count < limit, let id = deadlines.popDue(at: now) {
            if let waiter = abandon(id) { waiters.append(waiter) }
        }
        return waiters
    }

    /// The nearest deadline of a call that somebody waits for.
    var nextDeadline: NIODeadline {
        mutating get {
            schedule()
            while let (id, deadline) = deadlines.first {
                if isWaiting(id) { return deadline }
                deadlines.removeFirst()
            }
            return .distantFuture
        }
    }

    /// Gathers the deadlines of the calls that have come since.
    private mutating func schedule() {
        for id in max(scheduled, firstID)..<max(scheduled, nextID) {
            let slot = window[Int(id - firstID)]
            if case .done = slot.state { continue }
            deadlines.add(id, slot.deadline)
        }
        scheduled = nextID
        guard deadlines.count > 2 * waitingCount + Self.longestWindow else { return }
        let table = self
        deadlines.removeAll { !table.isWaiting($0) }
    }

    /// Gives back the waiters of calls whose frames end behind `end` in what was written, and forgets those calls.
    mutating func removeUnsent(behind end: UInt64) -> [Waiter] {
        var waiters: [Waiter] = []
        for id in identifiers(where: { $0.isWaiting && $0.end > end }) {
            let waiter = remove(id)?.waiter
            if let waiter { waiters.append(waiter) }
        }
        return waiters
    }

    /// Empties the table and gives back everybody who waits.
    mutating func removeAll() -> [Waiter] {
        guard count > 0 else { return [] }
        let waiters = identifiers { $0.isWaiting }.compactMap { abandon($0) }
        let next = nextID
        window.removeAll()
        stragglers.removeAll()
        briefStragglers.removeAll()
        deadlines = DeadlineQueue()
        scheduled = next
        firstID = next
        count = 0
        bytes = 0
        return waiters
    }

    // MARK: Slots

    private func index(of id: UInt64) -> Int? {
        guard id >= firstID, id - firstID < UInt64(window.count) else { return nil }
        return Int(id - firstID)
    }

    private func state(of id: UInt64) -> State? { index(of: id).map { window[$0].state } ?? stragglers[id]?.state }

    private func isWaiting(_ id: UInt64) -> Bool {
        switch state(of: id) {
        case .waiting, .waitingBriefly, .away: true
        case .opened, .abandoned, .done, nil: false
        }
    }

    private mutating func update(_ id: UInt64, _ change: (inout Slot) -> Void) {
        if let index = index(of: id) {
            change(&window[index])
        } else if var slot = stragglers[id] {
            change(&slot)
            stragglers[id] = slot
        }
    }

    private mutating func remove(_ id: UInt64) -> Slot? {
        guard let index = index(of: id) else {
            guard let slot = stragglers.removeValue(forKey: id) else { return nil }
            release(slot)
            return slot
        }
        let slot = window[index]
        if case .done = slot.state { return nil }
        release(slot)
        if index == 0 {
            window.removeFirst()
            firstID += 1
            while let first = window.first, case .done = first.state {
                window.removeFirst()
                firstID += 1
            }
        } else {
            window[index].state = .done
        }
        return slot
    }

    private mutating func release(_ slot: Slot) {
        if slot.isWaiting { waitingCount -= 1 }
        count -= 1
        bytes -= slot.size
    }

    /// Moves what is open in the older half of the window out of it.
    private mutating func shorten() {
        for _ in 0..<window.count / 2 {
            let slot = window.removeFirst()
            if case .done = slot.state {} else { keep(slot, as: firstID) }
            firstID += 1
        }
        while let first = window.first, case .done = first.state {
            window.removeFirst()
            firstID += 1
        }
    }

    private mutating func keep(_ slot: Slot, as id: UInt64) {
        stragglers[id] = slot
        if case .waitingBriefly = slot.state { briefStragglers.append(id) }
        if id >= scheduled { deadlines.add(id, slot.deadline) }
    }

    private func identifiers(where matches: (Slot) -> Bool) -> [UInt64] {
        var found = stragglers.filter { matches($0.value) }.keys.sorted()
        for (offset, slot) in window.enumerated() where matches(slot) { found.append(firstID + UInt64(offset)) }
        return found
    }

    private static var longestWindow: Int { 1024 }
}

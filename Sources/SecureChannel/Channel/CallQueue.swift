internal import DequeModule
internal import NIOCore

/// Calls beyond the limits, in the order of their `send`s, until it is their turn or they are given up.
///
/// A pure value. Tickets ascend, so that a call which is given up is found by its ticket among however many others; its place
/// stays empty until half of them are.
struct CallQueue<Call> {
    private var places = Deque<Place>()
    private var deadlines = DeadlineQueue()
    private var nextTicket: UInt64 = 0
    /// How many calls wait.
    private(set) var count = 0

    private struct Place {
        let ticket: UInt64
        /// Nil once it is given up; never of the first place.
        var call: Call?
    }

    var isEmpty: Bool { count == 0 }

    var first: Call? { places.first?.call }

    /// How many places there are: of the same order as ``count``.
    var placeCount: Int { places.count }

    /// - Returns: the ticket, by which the call can be removed.
    mutating func append(_ call: Call, deadline: NIODeadline) -> UInt64 {
        let ticket = nextTicket
        nextTicket += 1
        places.append(Place(ticket: ticket, call: call))
        deadlines.add(ticket, deadline)
        count += 1
        return ticket
    }

    mutating func popFirst() -> Call? {
        places.first.flatMap { remove($0.ticket) }
    }

    /// Takes a call out; nil if it is not there any more.
    mutating func remove(_ ticket: UInt64) -> Call? {
        guard let index = index(of: ticket), let call = places[index].call else { return nil }
        places[index].call = nil
        count -= 1
        while let first = places.first, first.call == nil { places.removeFirst() }
        if places.count > 2 * count + Self.slack { places.removeAll { $0.call == nil } }
        if deadlines.count > 2 * count + Self.slack { removeOldDeadlines() }
        return call
    }

    /// Takes out calls whose deadline has passed, `limit` at most.
    mutating func expire(at now: NIODeadline, limit: Int = .max) -> [Call] {
        var calls: [Call] = []
        while calls.count < limit, let ticket = deadlines.popDue(at: now) {
            if let call = remove(ticket) { calls.append(call) }
        }
        return calls
    }

    /// The nearest deadline of a call that waits.
    var nextDeadline: NIODeadline {
        mutating get {
            while let (ticket, deadline) = deadlines.first {
                if contains(ticket) { return deadline }
                deadlines.removeFirst()
            }
            return .distantFuture
        }
    }

    /// Empties the queue.
    mutating func removeAll() -> [Call] {
        let calls = places.compactMap(\.call)
        places.removeAll()
        deadlines = DeadlineQueue()
        count = 0
        return calls
    }

    private mutating func removeOldDeadlines() {
        let places = self
        deadlines.removeAll { !places.contains($0) }
    }

    private func contains(_ ticket: UInt64) -> Bool { index(of: ticket).map { places[$0].call != nil } ?? false }

    private func index(of ticket: UInt64) -> Int? {
        var (low, high) = (0, places.count)
        while low < high {
            let middle = low + (high - low) / 2
            if places[middle].ticket < ticket { low = middle + 1 } else { high = middle }
        }
        return low < places.count && places[low].ticket == ticket ? low : nil
    }

    private static var slack: Int { 64 }
}

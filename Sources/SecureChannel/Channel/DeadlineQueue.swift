internal import HeapModule
internal import NIOCore

/// Deadlines by id, the nearest first.
///
/// A pure value. What is over is not searched for: it is left out when its turn comes, or when too much of it has gathered.
struct DeadlineQueue {
    private var heap = Heap<Entry>()

    private struct Entry: Comparable {
        var deadline: NIODeadline
        var id: UInt64

        static func < (left: Self, right: Self) -> Bool {
            left.deadline == right.deadline ? left.id < right.id : left.deadline < right.deadline
        }
    }

    /// How many there are, those of what is over among them.
    var count: Int { heap.count }

    var first: (id: UInt64, deadline: NIODeadline)? { heap.min.map { ($0.id, $0.deadline) } }

    /// One that never comes is not kept.
    mutating func add(_ id: UInt64, _ deadline: NIODeadline) {
        if deadline < .distantFuture { heap.insert(Entry(deadline: deadline, id: id)) }
    }

    mutating func removeFirst() {
        _ = heap.popMin()
    }

    /// Takes the nearest, if it has come.
    mutating func popDue(at now: NIODeadline) -> UInt64? {
        guard let first = heap.min, first.deadline <= now else { return nil }
        removeFirst()
        return first.id
    }

    mutating func removeAll(where isOver: (UInt64) -> Bool) {
        heap = Heap(heap.unordered.filter { !isOver($0.id) })
    }
}

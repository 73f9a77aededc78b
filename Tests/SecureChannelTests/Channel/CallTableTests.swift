import NIOCore
import Testing

@testable import SecureChannel

@Suite("The table of calls without a reply")
struct CallTableTests {
    private let never = NIODeadline.distantFuture

    private func table(_ count: Int = 1024, _ bytes: Int = 1 << 24) -> CallTable<Int> {
        CallTable(maximumCount: count, maximumBytes: bytes)
    }

    private func reserve(in table: inout CallTable<Int>) throws -> UInt64 {
        let id = table.reserve()
        return try #require(id)
    }

    private func deliver(_ reply: CallTable<Int>.Reply) -> Int? {
        if case .deliver(let waiter) = reply { waiter } else { nil }
    }

    private func isDropped(_ reply: CallTable<Int>.Reply) -> Bool {
        if case .drop = reply { true } else { false }
    }

    private func isUnknown(_ reply: CallTable<Int>.Reply) -> Bool {
        if case .unknown = reply { true } else { false }
    }

    @Test("Ids count from zero and are never used twice")
    func ids() {
        var table = table()
        for expected in 0..<5000 {
            let id = table.open(size: 1, deadline: never)
            #expect(id == UInt64(expected))
            table.wait(for: id, expected)
            #expect(deliver(table.reply(to: id)) == expected)
        }
        #expect(table.count == 0)
        #expect(table.bytes == 0)
    }

    @Test("Replies come in any order, each to its own waiter")
    func anyOrder() {
        var table = table(4000)
        var random = SplitMix64(seed: 2)
        var open: [UInt64] = []
        for waiter in 0..<4000 {
            let id = table.open(size: 3, deadline: never)
            table.wait(for: id, waiter)
            open.append(id)
        }
        #expect(table.bytes == 12000)
        for id in open.shuffled(using: &random) { #expect(deliver(table.reply(to: id)) == Int(id)) }
        #expect(table.count == 0)
    }

    @Test("A reply to an id that was never sent is told apart from one that nobody waits for")
    func unknown() {
        var table = table()
        #expect(isUnknown(table.reply(to: 0)))
        let id = table.open(size: 1, deadline: never)
        table.wait(for: id, 7)
        #expect(isUnknown(table.reply(to: 1)))
        #expect(isUnknown(table.reply(to: .max)))
        #expect(deliver(table.reply(to: id)) == 7)
        #expect(isDropped(table.reply(to: id)))
    }

    @Test("A call that was taken back keeps its slot until its late reply, which is dropped")
    func abandoned() {
        var table = table(1)
        let id = table.open(size: 10, deadline: never)
        table.wait(for: id, 7)
        #expect(table.abandon(id) == 7)
        #expect(table.abandon(id) == nil)
        #expect(!table.admits(1))
        #expect(table.waitingCount == 0)
        #expect(isDropped(table.reply(to: id)))
        #expect(table.admits(1))
        #expect(table.bytes == 0)
    }

    @Test("Messages and bytes are limited; one larger request may go alone")
    func limits() {
        var table = table(2, 100)
        #expect(table.admits(1000))
        let large = table.open(size: 1000, deadline: never)
        #expect(!table.admits(1))
        _ = table.reply(to: large)
        _ = table.open(size: 60, deadline: never)
        #expect(table.admits(40))
        #expect(!table.admits(41))
        _ = table.open(size: 1, deadline: never)
        #expect(!table.admits(0))
    }

    @Test("A call that stays open while a million pass by costs no memory for them")
    func straggler() {
        var table = table()
        let old = table.open(size: 1, deadline: never)
        table.wait(for: old, -1)
        for waiter in 0..<1_000_000 {
            let id = table.open(size: 1, deadline: never)
            table.wait(for: id, waiter)
            _ = table.reply(to: id)
        }
        #expect(table.windowCount <= 2048)
        #expect(table.count == 1)
        #expect(deliver(table.reply(to: old)) == -1)
        #expect(table.count == 0)
    }

    @Test("A straggler may be taken back, expire, and be answered, like any other")
    func stragglerLife() {
        var table = table()
        let now = NIODeadline.uptimeNanoseconds(1000)
        let first = table.open(size: 1, deadline: now + .seconds(1))
        let second = table.open(size: 1, deadline: now + .seconds(2))
        table.wait(for: first, 1)
        table.wait(for: second, 2)
        for _ in 0..<5000 { _ = table.reply(to: table.open(size: 1, deadline: never)) }
        #expect(table.nextDeadline == now + .seconds(1))
        #expect(table.expire(at: now + .seconds(1)) == [1])
        #expect(table.nextDeadline == now + .seconds(2))
        #expect(table.abandon(second) == 2)
        #expect(table.nextDeadline == never)
        #expect(isDropped(table.reply(to: first)))
        #expect(isDropped(table.reply(to: second)))
        #expect(table.count == 0)
    }

    @Test("After a million calls that timed out and were answered late the table is empty")
    func expired() {
        var table = table(1_000_000)
        let now = NIODeadline.uptimeNanoseconds(1000)
        for waiter in 0..<1_000_000 {
            let id = table.open(size: 1, deadline: now)
            table.wait(for: id, waiter)
        }
        #expect(table.expire(at: now).count == 1_000_000)
        for id in 0..<1_000_000 { _ = table.reply(to: UInt64(id)) }
        #expect(table.count == 0)
        #expect(table.windowCount == 0)
    }

    @Test("Fifty thousand deadlines are found one after the other without a look at all calls", .timeLimit(.minutes(2)))
    func deadlines() {
        var table = table(50_000)
        let now = NIODeadline.uptimeNanoseconds(1000)
        for waiter in 0..<50_000 as Range<Int64> {
            table.wait(for: table.open(size: 1, deadline: now + .milliseconds(50_000 - waiter)), Int(waiter))
        }
        for step in 1...50_000 as ClosedRange<Int64> {
            #expect(table.nextDeadline == now + .milliseconds(step))
            #expect(table.expire(at: now + .milliseconds(step)) == [50_000 - Int(step)])
        }
        #expect(table.nextDeadline == never)
    }

    @Test("Of many with one deadline only so many expire at once as are asked for")
    func expiryLimit() {
        var table = table()
        let now = NIODeadline.uptimeNanoseconds(1000)
        for waiter in 0..<10 { table.wait(for: table.open(size: 1, deadline: now), waiter) }
        #expect(table.expire(at: now, limit: 4) == [0, 1, 2, 3])
        #expect(table.nextDeadline == now)
        #expect(table.expire(at: now, limit: 100) == [4, 5, 6, 7, 8, 9])
    }

    @Test("Deadlines of calls that were answered in time are not gathered without end")
    func oldDeadlines() {
        var table = table()
        let now = NIODeadline.uptimeNanoseconds(1000)
        for round in 0..<20_000 {
            let id = table.open(size: 1, deadline: now + .hours(1))
            table.wait(for: id, round)
            #expect(table.nextDeadline == now + .hours(1))
            _ = table.reply(to: id)
        }
        #expect(table.deadlineCount < 5000)
    }

    @Test("An id that was reserved is nobody else's, and the next one's if nothing is sent with it")
    func reservation() throws {
        var table = table(3, 100)
        let outer = try reserve(in: &table)
        let inner = table.open(size: 60, deadline: never)
        #expect(inner == outer + 1)
        table.wait(for: inner, 2)
        #expect(!table.admitsReserved(41))
        #expect(table.admitsReserved(40))
        let isFilled = table.fill(outer, size: 40, deadline: never)
        #expect(isFilled)
        table.wait(for: outer, 1)
        #expect(table.bytes == 100)
        #expect(deliver(table.reply(to: outer)) == 1)
        #expect(deliver(table.reply(to: inner)) == 2)

        let last = try reserve(in: &table)
        table.giveBack(last)
        #expect(table.nextID == last)
        let earlier = try reserve(in: &table)
        let later = table.open(size: 1, deadline: never)
        table.giveBack(earlier)
        #expect(isDropped(table.reply(to: earlier)))
        _ = table.reply(to: later)
        #expect(table.count == 0)
        #expect(table.bytes == 0)
    }

    @Test("A reservation does not outlive the table's being emptied")
    func reservationAtTheEnd() throws {
        var table = table()
        let id = try reserve(in: &table)
        #expect(table.removeAll() == [])
        let isFilled = table.fill(id, size: 40, deadline: never)
        #expect(!isFilled)
        table.giveBack(id)
        #expect(table.count == 0)
        #expect(table.bytes == 0)
        #expect(table.nextID == id + 1)
    }

    @Test("Calls whose frames had not left when the line broke are told from those whose had")
    func unsent() throws {
        var table = table()
        for (waiter, end) in [0, 100, 200, 300].enumerated() as EnumeratedSequence<[UInt64]> {
            let id = try reserve(in: &table)
            _ = table.fill(id, size: 10, deadline: never, end: end)
            table.wait(for: id, waiter)
        }
        #expect(table.removeUnsent(behind: 150) == [2, 3])
        #expect(table.removeAll() == [0, 1])
    }

    @Test("Calls that were given up hold all places as long as nobody waits for a reply and nothing more may be sent")
    func heldPlaces() {
        var table = table(2, 100)
        #expect(!table.isHeldByAbandoned(1))
        let ids = (0..<2).map { waiter in
            let id = table.open(size: 10, deadline: never)
            table.wait(for: id, waiter)
            return id
        }
        _ = table.abandon(ids[0])
        #expect(!table.isHeldByAbandoned(1))
        _ = table.abandon(ids[1])
        #expect(table.isHeldByAbandoned(1))
        _ = table.reply(to: ids[0])
        #expect(!table.isHeldByAbandoned(90))
        #expect(table.isHeldByAbandoned(91))
    }

    @Test("At the end everybody who waits is given back, once")
    func removeAll() {
        var table = table()
        for waiter in 0..<10 { table.wait(for: table.open(size: 1, deadline: never), waiter) }
        _ = table.abandon(3)
        #expect(table.removeAll() == [0, 1, 2, 4, 5, 6, 7, 8, 9])
        #expect(table.removeAll() == [])
        #expect(table.waitingCount == 0)
        #expect(table.nextID == 10)
    }

    @Test("Whatever happens in whatever order, every waiter is given back exactly once")
    func randomOrders() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var table = table(50, 1000)
            var waiting: [UInt64: Int] = [:]
            var given: [Int] = []
            var clock = NIODeadline.uptimeNanoseconds(0)
            for step in 0..<500 {
                clock = clock + .nanoseconds(1)
                switch Int.random(in: 0..<7, using: &random) {
                case 0, 1, 2:
                    guard table.admits(20) else { continue }
                    let id = table.open(size: 20, deadline: clock + .nanoseconds(.random(in: 1...200, using: &random)))
                    table.wait(for: id, step)
                    waiting[id] = step
                case 3:
                    let id = UInt64.random(in: 0...table.nextID, using: &random)
                    if let waiter = deliver(table.reply(to: id)) {
                        #expect(waiting.removeValue(forKey: id) == waiter)
                        given.append(waiter)
                    }
                case 4:
                    guard let id = table.reserve() else { continue }
                    let inner = table.admits(20) && Bool.random(using: &random)
                    if inner {
                        let id = table.open(size: 20, deadline: clock + .nanoseconds(50))
                        table.wait(for: id, step)
                        waiting[id] = step
                    }
                    if table.admitsReserved(20), Bool.random(using: &random) {
                        _ = table.fill(
                            id,
                            size: 20,
                            deadline: clock + .nanoseconds(.random(in: 1...200, using: &random))
                        )
                        table.wait(for: id, 1000 + step)
                        waiting[id] = 1000 + step
                    } else {
                        table.giveBack(id)
                    }
                case 5:
                    let id = UInt64.random(in: 0...table.nextID, using: &random)
                    if let waiter = table.abandon(id) {
                        #expect(waiting.removeValue(forKey: id) == waiter)
                        given.append(waiter)
                    }
                default:
                    for waiter in table.expire(at: clock) {
                        waiting = waiting.filter { $0.value != waiter }
                        given.append(waiter)
                    }
                }
                #expect(table.waitingCount == waiting.count)
                #expect(table.bytes == 20 * table.count)
            }
            given += table.removeAll()
            #expect(Set(given).count == given.count)
        }
    }
}

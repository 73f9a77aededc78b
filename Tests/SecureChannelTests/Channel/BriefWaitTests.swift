import NIOCore
import Testing

@testable import SecureChannel

@Suite("Calls that are waited for briefly")
struct BriefWaitTests {
    private let never = NIODeadline.distantFuture

    private func table() -> CallTable<Int> {
        CallTable(maximumCount: 4096, maximumBytes: 1 << 24)
    }

    private func isKept(_ reply: CallTable<Int>.Reply) -> Bool {
        if case .keep = reply { true } else { false }
    }

    private func waiter(_ reply: CallTable<Int>.Reply) -> Int? {
        if case .deliver(let waiter) = reply { waiter } else { nil }
    }

    private func expect(_ table: inout CallTable<Int>, sendsAway expected: [Int]) {
        let waiters = table.sendAway()
        #expect(waiters == expected)
    }

    /// A call that has been waited for briefly, and for long enough to be sent away.
    private func callAway(in table: inout CallTable<Int>, deadline: NIODeadline = .distantFuture) -> UInt64 {
        let id = table.open(size: 1, deadline: deadline)
        table.wait(for: id, 7, isBrief: true)
        expect(&table, sendsAway: [])
        expect(&table, sendsAway: [7])
        return id
    }

    @Test("A waiter is sent away at the second look, and only once")
    func secondLook() {
        var table = table()
        let id = callAway(in: &table)
        expect(&table, sendsAway: [])
        let isOpen = table.wait(for: id, 8)
        #expect(isOpen)
        expect(&table, sendsAway: [])
        let reply = table.reply(to: id)
        #expect(waiter(reply) == 8)
    }

    @Test("Who waits for as long as it takes is not sent away")
    func patient() {
        var table = table()
        table.wait(for: table.open(size: 1, deadline: never), 7)
        expect(&table, sendsAway: [])
        expect(&table, sendsAway: [])
    }

    @Test("A reply that comes while its waiter is away is kept for it, and frees the call's slot")
    func replyWhileAway() {
        var table = table()
        let id = callAway(in: &table)
        let reply = table.reply(to: id)
        #expect(isKept(reply))
        #expect(table.count == 0)
        #expect(table.waitingCount == 0)
        let isOpen = table.wait(for: id, 8)
        #expect(!isOpen)
    }

    @Test("A call whose waiter is away counts as one that is waited for")
    func counting() {
        var table = table()
        let id = callAway(in: &table)
        #expect(table.waitingCount == 1)
        table.wait(for: id, 8)
        #expect(table.waitingCount == 1)
    }

    @Test("A call that expires while its waiter is away is over when it comes back")
    func expiry() {
        var table = table()
        let deadline = NIODeadline.uptimeNanoseconds(5)
        let id = callAway(in: &table, deadline: deadline)
        let expired = table.expire(at: deadline)
        #expect(expired == [])
        let isOpen = table.wait(for: id, 8)
        #expect(!isOpen)
        #expect(table.waitingCount == 0)
    }

    @Test("So is one that was there when the channel closed")
    func closing() {
        var table = table()
        let id = callAway(in: &table)
        let closed = table.removeAll()
        #expect(closed == [])
        let isOpen = table.wait(for: id, 8)
        #expect(!isOpen)
    }

    @Test("There is nothing more to look for when all calls have been looked at")
    func unseen() {
        var table = table()
        #expect(!table.hasUnseen)
        table.wait(for: table.open(size: 1, deadline: never), 7, isBrief: true)
        #expect(table.hasUnseen)
        _ = table.sendAway()
        #expect(table.hasUnseen)
        _ = table.sendAway()
        #expect(!table.hasUnseen)
    }

    @Test("A call that thousands have passed by is sent away, too")
    func straggler() {
        var table = table()
        let slow = table.open(size: 1, deadline: never)
        table.wait(for: slow, -1, isBrief: true)
        for waiter in 0..<5000 {
            let id = table.open(size: 1, deadline: never)
            table.wait(for: id, waiter, isBrief: true)
            _ = table.reply(to: id)
        }
        #expect(table.windowCount < 2100)
        _ = table.sendAway()
        expect(&table, sendsAway: [-1])
        let reply = table.reply(to: slow)
        #expect(isKept(reply))
    }
}

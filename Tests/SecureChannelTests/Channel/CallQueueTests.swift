import NIOCore
import Testing

@testable import SecureChannel

@Suite("The calls that wait for their turn", .timeLimit(.minutes(2)))
struct CallQueueTests {
    private let never = NIODeadline.distantFuture

    private func take(_ queue: inout CallQueue<Int>) -> [Int] {
        var calls: [Int] = []
        while let call = queue.popFirst() { calls.append(call) }
        return calls
    }

    @Test("They come out in their order, without those that were given up")
    func order() {
        var queue = CallQueue<Int>()
        let tickets = (0..<10).map { queue.append($0, deadline: never) }
        let removed = [0, 1, 4, 9].map { queue.remove(tickets[$0]) }
        #expect(removed == [0, 1, 4, 9])
        #expect(queue.count == 6)
        #expect(queue.first == 2)
        #expect(take(&queue) == [2, 3, 5, 6, 7, 8])
        #expect(queue.isEmpty)
    }

    @Test("Each is taken out once, whichever way it goes")
    func once() {
        var queue = CallQueue<Int>()
        let deadline = NIODeadline.uptimeNanoseconds(5)
        let tickets = (0..<4).map { queue.append($0, deadline: $0 == 2 ? deadline : never) }
        #expect(queue.popFirst() == 0)
        #expect(queue.remove(tickets[0]) == nil)
        #expect(queue.remove(tickets[3]) == 3)
        #expect(queue.remove(tickets[3]) == nil)
        #expect(queue.expire(at: deadline) == [2])
        #expect(queue.remove(tickets[2]) == nil)
        #expect(queue.removeAll() == [1])
        #expect(queue.remove(tickets[1]) == nil)
        #expect(queue.count == 0)
    }

    @Test("Fifty thousand that are given up in any order cost no more each than a few do")
    func many() {
        var queue = CallQueue<Int>()
        var random = SplitMix64(seed: 7)
        let now = NIODeadline.uptimeNanoseconds(1000)
        let tickets = (0..<50_000).map { queue.append($0, deadline: now + .seconds(Int64($0))) }
        for (index, ticket) in tickets.enumerated().dropFirst().shuffled(using: &random) {
            #expect(queue.remove(ticket) == index)
        }
        #expect(queue.count == 1)
        #expect(queue.placeCount < 100)
        #expect(queue.nextDeadline == now)
    }

    @Test("Deadlines are found one after the other without a look at all calls")
    func deadlines() {
        var queue = CallQueue<Int>()
        let now = NIODeadline.uptimeNanoseconds(1000)
        for call in 0..<20_000 { _ = queue.append(call, deadline: now + .milliseconds(Int64(20_000 - call))) }
        for step in 1...20_000 as ClosedRange<Int64> {
            #expect(queue.nextDeadline == now + .milliseconds(step))
            #expect(queue.expire(at: now + .milliseconds(step)) == [20_000 - Int(step)])
        }
        #expect(queue.isEmpty)
        #expect(queue.nextDeadline == never)
    }

    @Test("Of many with one deadline only so many expire at once as are asked for")
    func limit() {
        var queue = CallQueue<Int>()
        let now = NIODeadline.uptimeNanoseconds(1000)
        for call in 0..<10 { _ = queue.append(call, deadline: now) }
        #expect(queue.expire(at: now, limit: 4) == [0, 1, 2, 3])
        #expect(queue.nextDeadline == now)
        #expect(queue.expire(at: now, limit: 100) == [4, 5, 6, 7, 8, 9])
    }
}

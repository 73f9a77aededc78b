import NIOCore
import Testing

@testable import SecureChannel

@Suite("The peer's requests that wait")
struct RequestInboxTests {
    private func request(_ id: UInt64, size: Int = 10) -> IncomingRequest {
        IncomingRequest(id: id, payload: ByteBuffer(repeating: 0, count: size), content: 0..<size)
    }

    @Test("Requests wait in their order until somebody takes them")
    func order() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        for id in 0..<5 as Range<UInt64> { #expect(inbox.arrive(request(id)) == nil) }
        #expect((0..<5).compactMap { _ in inbox.take()?.id } == [0, 1, 2, 3, 4])
        #expect(inbox.take() == nil)
        #expect(inbox.openCount == 5)
    }

    @Test("Only one may receive")
    func single() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        let first = inbox.wait("a")
        let second = inbox.wait("b")
        let serving = inbox.beginServing()
        #expect(first && !second && !serving)
        #expect(inbox.arrive(request(0)) == "a")
        let third = inbox.wait("c")
        #expect(third)
        #expect(inbox.removeReceivers() == ["c"])
        #expect(inbox.removeReceivers() == [])
    }

    @Test("A free worker is preferred to starting another, and the one that was free last comes first")
    func workers() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        _ = inbox.beginServing()
        _ = inbox.park(starter: "starter")
        _ = inbox.park("a")
        _ = inbox.park("b")
        #expect(inbox.arrive(request(0)) == "b")
        for id in 1..<5 as Range<UInt64> { #expect(inbox.arrive(request(id)) == nil) }
        let woken = (0..<3).map { _ in inbox.wake() }
        #expect(woken.map { $0?.receiver } == ["a", "starter", nil])
        #expect(woken.map { $0?.request.id } == [1, 2, nil])
        #expect(inbox.take()?.id == 3)
    }

    @Test("One worker is given a request as it comes, until the tasks of the read have run")
    func oneWorkerPerRead() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        _ = inbox.beginServing()
        for worker in ["a", "b", "c"] { _ = inbox.park(worker) }
        #expect(inbox.arrive(request(0)) == "c")
        #expect(inbox.arrive(request(1)) == nil)
        #expect(inbox.take()?.id == 1)  // by the worker that is awake
        inbox.endTurn()
        #expect(inbox.arrive(request(2)) == "b")
        inbox.endTurn()
        _ = inbox.wake()
        let queued = inbox.arrive(request(3))
        inbox.endTurn()
        #expect(queued == "a")
    }

    @Test("When serving ends its waiters are given back, and it is in the way until its last handler has ended")
    func endOfServing() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        _ = inbox.beginServing()
        _ = inbox.park(starter: "starter")
        _ = inbox.park("a")
        #expect(inbox.removeReceivers() == ["a", "starter"])
        #expect(inbox.removeReceivers() == [])
        let parked = inbox.park("a")
        let waits = inbox.wait("b")
        #expect(!parked && !waits)
        inbox.endServing()
        let waitsNow = inbox.wait("b")
        #expect(waitsNow)
    }

    @Test("Reading stops beyond the limits, never at them: a peer with the same limits is not held back")
    func limits() {
        var inbox = RequestInbox<String>(maximumCount: 3, maximumBytes: 100)
        for id in 0..<3 as Range<UInt64> { _ = inbox.arrive(request(id)) }
        #expect(!inbox.isOverLimit)
        _ = inbox.arrive(request(3))
        #expect(inbox.isOverLimit)
        inbox.answered(size: 10)
        #expect(!inbox.isOverLimit)
    }

    @Test("Bytes are limited; one larger request alone is not beyond it")
    func bytes() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 100)
        _ = inbox.arrive(request(0, size: 500))
        #expect(!inbox.isOverLimit)
        _ = inbox.arrive(request(1, size: 1))
        #expect(inbox.isOverLimit)
        inbox.answered(size: 500)
        #expect(!inbox.isOverLimit)
    }

    @Test("A small request that waits does not keep the large read that it came with")
    func compaction() throws {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        var read = ByteBuffer(repeating: 7, count: 65536)
        let slice = read.readSlice(length: 10)
        let payload = try #require(slice)
        _ = inbox.arrive(IncomingRequest(id: 0, payload: payload, content: 3..<10))
        inbox.compact()
        let first = inbox.take()
        let taken = try #require(first)
        #expect(taken.payload.storageCapacity < 1024)
        #expect(taken.payload == payload)
        #expect(taken.content == 3..<10)
    }

    @Test("Handlers that wait for the others are not waited for, nor is what only they could take")
    func besides() {
        var inbox = RequestInbox<String>(maximumCount: 10, maximumBytes: 1000)
        _ = inbox.beginServing()
        for id in 0..<3 as Range<UInt64> { _ = inbox.arrive(request(id)) }
        for _ in 0..<2 {
            _ = inbox.park(starter: "starter")
            #expect(!inbox.isDone(besides: 1))  // a further worker may take what waits
            #expect(inbox.wake() != nil)
        }
        #expect(!inbox.isDone(besides: 1))  // another handler is at work
        #expect(inbox.isDone(besides: 2))
        inbox.answered(size: 10)
        #expect(!inbox.isDone(besides: 1))  // it will go on with what waits
        _ = inbox.take()
        #expect(!inbox.isDone(besides: 1))
        inbox.answered(size: 10)
        #expect(inbox.isDone(besides: 1))
    }
}

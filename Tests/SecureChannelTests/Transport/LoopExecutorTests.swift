import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import SecureChannel

@Suite("Tasks on an event loop", .timeLimit(.minutes(1)))
struct LoopExecutorTests {
    /// Counts what is flushed at once, as a channel's protocol does.
    private final class Recorder: Flushable, Sendable {
        private let state = Mutex<(waiting: Int, flushed: [Int])>((0, []))
        private let executor: LoopExecutor

        init(_ executor: LoopExecutor) { self.executor = executor }

        var flushed: [Int] { state.withLock { $0.flushed } }

        func write() {
            executor.noteFrame()
            let isFirst = state.withLock { state in
                state.waiting += 1
                return state.waiting == 1
            }
            if isFirst { executor.flushLater(self) }
        }

        func flush() {
            state.withLock { state in
                state.flushed.append(state.waiting)
                state.waiting = 0
            }
        }
    }

    /// Runs `body` in so many tasks that are ready at once on a loop of their own.
    private func runTogether(_ count: Int, _ body: @escaping @Sendable (LoopExecutor) async -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let executor = LoopExecutor.of(loop)
        let tasks = try await loop.submit {
            (0..<count).map { _ in Task(executorPreference: executor) { await body(executor) } }
        }.get()
        for task in tasks { await task.value }
        // Once around, so that what the last task has left is flushed.
        try await loop.submit {}.get()
        try await group.shutdownGracefully()
    }

    private func recorded(_ count: Int) async throws -> [Int] {
        let recorder = Mutex<Recorder?>(nil)
        try await runTogether(count) { executor in
            let current = recorder.withLock { recorder in
                let current = recorder ?? Recorder(executor)
                recorder = current
                return current
            }
            current.write()
        }
        return recorder.withLock { $0?.flushed ?? [] }
    }

    @Test("What tasks write in one turn is flushed together")
    func together() async throws {
        #expect(try await recorded(5) == [5])
    }

    @Test("A long batch is flushed in parts, so that the other side can begin with the first")
    func parts() async throws {
        #expect(try await recorded(80) == [32, 32, 16])
    }

    @Test("Tasks run on the loop's own thread")
    func thread() async throws {
        try await runTogether(3) { executor in #expect(executor.loop.inEventLoop) }
    }

    @Test("However many errands there are, each is run once, in their order, and the loop looks at its timers between")
    func errands() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let executor = LoopExecutor.of(loop)
        let count = 20_000
        let ran = Mutex<[Int]>([])
        let isDone = Gate()
        let behind = Counter()
        @Sendable func keepBusy() {
            Task(executorPreference: executor) {
                while behind.value < 2 { await Task.yield() }
            }
        }
        try await loop.submit {
            for errand in 0..<count {
                executor.executeSoon {
                    if errand == 0 {
                        // Both may be run from now on, and so they are before the last errand.
                        loop.scheduleTask(in: .zero) { behind.increment() }
                        loop.execute { behind.increment() }
                        // Tasks that keep themselves busy do not keep the loop from its sockets together with the errands.
                        keepBusy()
                    }
                    let begin = NIODeadline.now()
                    while NIODeadline.now() - begin < .microseconds(1) {}
                    ran.withLock { $0.append(errand) }
                    if errand == count - 1 {
                        #expect(behind.value == 2)
                        isDone.open()
                    }
                }
            }
        }.get()
        await isDone.wait()
        #expect(ran.withLock { $0 } == Array(0..<count))
        try await group.shutdownGracefully()
    }
}

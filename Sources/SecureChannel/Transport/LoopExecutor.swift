internal import DequeModule
internal import Logging
internal import LoopState
internal import NIOCore
internal import Synchronization

/// Runs Swift tasks on one event loop, between its reads and its writes.
///
/// Jobs queue up and are run together: early by the channel that has just read (before it flushes, so that the replies
/// leave in one write), otherwise by one scheduled drain. Channels that have something to send register here once per
/// drain and are flushed after it.
///
/// There is one for each loop, shared by all its channels, and it lives as long as the process, as its loop does: NIO
/// drops jobs on a loop that was shut down, and a task on it would never wake.
final class LoopExecutor: TaskExecutor, @unchecked Sendable {
    // Why unchecked is sound: everything below `loop` is touched only on the loop's own thread. `enqueue` checks for it
    // and otherwise hands over by `loop.execute`; all else is called from channel handlers, which run there.
    let loop: any EventLoop
    private let jobs = LoopState(Deque<UnownedJob>())
    private let dispatchers = LoopState<[any Dispatcher]>([])
    private let unflushed = LoopState<[any Flushable]>([])
    private let isDraining = LoopState(false)
    private let isDrainScheduled = LoopState(false)
    private let readCount = LoopState(0)
    private let frameCount = LoopState(0)
    private let briefWaits = LoopState<[any BriefWaits]>([])
    private let errands = Mutex<(queue: Deque<@Sendable () -> Void>, areRun: Bool)>(([], false))
    private let hasErrands = LoopState(false)
    private let logger = Logger(label: "swift-secure-channel.executor")

    private init(_ loop: any EventLoop) {
        self.loop = loop
    }

    static func of(_ loop: any EventLoop) -> LoopExecutor {
        executors.withLock { executors in
            if let known = executors[ObjectIdentifier(loop)] { return known }
            let made = LoopExecutor(loop)
            executors[ObjectIdentifier(loop)] = made
            return made
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.inEventLoop {
            jobs.value.append(job)
            scheduleDrain()
        } else {
            loop.execute {
                self.jobs.value.append(job)
                self.drain()
            }
        }
    }

    // MARK: Errands

    /// Runs `errand` on the loop before long, from whichever thread. However many there are, as when a hundred thousand calls
    /// are cancelled at once, they are run for some milliseconds and then the loop looks at its sockets.
    func executeSoon(_ errand: @escaping @Sendable () -> Void) {
        let isFirst = errands.withLock { errands in
            errands.queue.append(errand)
            defer { errands.areRun = true }
            return !errands.areRun
        }
        guard isFirst else { return }
        loop.execute {
            self.hasErrands.value = true
            self.drain()
        }
    }

    /// Does something for each of many: at once if they are few, else as the loop has time.
    func executeSoon<Element: Sendable>(for elements: [Element], _ action: @escaping @Sendable (Element) -> Void) {
        guard elements.count > Self.errandsAtOnce else { return elements.forEach(action) }
        var rest = elements[...]
        while !rest.isEmpty {
            let portion = rest.prefix(Self.errandsAtOnce)
            rest = rest.dropFirst(portion.count)
            executeSoon { portion.forEach(action) }
        }
    }

    /// Runs what waits, for some milliseconds.
    private func runErrands() {
        let end = NIODeadline.now() + Self.longestErrands
        repeat {
            let portion = errands.withLock { errands in
                let portion = Array(errands.queue.prefix(Self.errandsAtOnce))
                errands.queue.removeFirst(portion.count)
                errands.areRun = !errands.queue.isEmpty
                hasErrands.value = errands.areRun
                return portion
            }
            for errand in portion { errand() }
        } while hasErrands.value && NIODeadline.now() < end
    }

    // MARK: Flushing

    /// Has `channel` flushed after the drain that is under way, or soon. Once per flush is enough.
    func flushLater(_ channel: any Flushable) {
        unflushed.value.append(channel)
        scheduleDrain()
    }

    /// A message waits to be flushed.
    func noteFrame() {
        frameCount.value += 1
    }

    /// Whether so many messages wait to be flushed that the other side should have them, to work on meanwhile.
    var isFlushDue: Bool { frameCount.value >= Self.framesPerFlush }

    /// Has `channel` asked for more work when the tasks that are ready have run.
    func dispatchLater(_ channel: any Dispatcher) {
        dispatchers.value.append(channel)
        scheduleDrain()
    }

    /// Has `channel` asked every 10 ms to end its brief waits, until it has none.
    func lookLater(_ channel: any BriefWaits) {
        briefWaits.value.append(channel)
        if briefWaits.value.count == 1 { look() }
    }

    private func look() {
        loop.assumeIsolated().scheduleTask(in: Self.briefWait) {
            let channels = self.briefWaits.value
            self.briefWaits.value.removeAll(keepingCapacity: true)
            let others = channels.filter { $0.endBriefWaits() }
            self.briefWaits.value += others
            if !self.briefWaits.value.isEmpty { self.look() }
        }
    }

    /// A channel has begun to hand on what it has read. What comes up meanwhile waits for ``endRead()``.
    func beginRead() {
        readCount.value += 1
    }

    /// The channel has handed on all that it has read: what that woke is run now.
    func endRead() {
        readCount.value -= 1
        drain()
    }

    /// The channel has gone in the middle of a read.
    func abandonRead() {
        readCount.value -= 1
        scheduleDrain()
    }

    /// Runs the jobs that wait, then flushes the channels that have something to send.
    ///
    /// Bounded, so that tasks which keep one another busy cannot starve the sockets: what is left is run in the loop's
    /// next tick. A drain inside a drain does nothing: a job may close a channel, and with it read to the end.
    func drain() {
        guard !isDraining.value else { return }
        isDraining.value = true
        if hasErrands.value { runErrands() }
        let begin = NIODeadline.now()
        let executor = asUnownedTaskExecutor()
        var count = 0
        // In generations, so that tasks which keep one another busy do not keep new work from being given out.
        repeat {
            let generation = min(jobs.value.count, Self.maximumJobsPerDrain - count)
            for _ in 0..<generation {
                jobs.value.popFirst()?.runSynchronously(on: executor)
                if frameCount.value >= Self.framesPerFlush { flush() }
            }
            count += generation
            if !dispatchers.value.isEmpty { dispatch() }
        } while count < Self.maximumJobsPerDrain && !(jobs.value.isEmpty && dispatchers.value.isEmpty)
        flush()
        isDraining.value = false
        if count > 0 { report(NIODeadline.now() - begin, jobs: count) }
        if hasErrands.value || !(jobs.value.isEmpty && dispatchers.value.isEmpty && unflushed.value.isEmpty) {
            drainAfterSockets()
        }
    }

    private func dispatch() {
        // Dispatching may register again.
        let waiting = dispatchers.value
        dispatchers.value.removeAll(keepingCapacity: true)
        for dispatcher in waiting { dispatcher.dispatch() }
    }

    private func flush() {
        frameCount.value = 0
        guard !unflushed.value.isEmpty else { return }
        // Flushing may call back into channels, which may register again.
        let channels = unflushed.value
        unflushed.value.removeAll(keepingCapacity: true)
        for channel in channels { channel.flush() }
    }

    private func scheduleDrain() {
        guard readCount.value == 0, !isDraining.value, !isDrainScheduled.value else { return }
        isDrainScheduled.value = true
        loop.execute {
            self.isDrainScheduled.value = false
            self.drain()
        }
    }

    /// Has the rest wait until the loop has looked at its sockets: it does so only when no task is left to run at once. One
    /// timer for all that is left, since of two each would be due when the other's work is done.
    private func drainAfterSockets() {
        guard !isDrainScheduled.value else { return }
        isDrainScheduled.value = true
        loop.assumeIsolated().scheduleTask(in: .microseconds(50)) {
            self.isDrainScheduled.value = false
            self.drain()
        }
    }

    private func report(_ held: TimeAmount, jobs: Int) {
        guard held > Self.longestHold else { return }
        logger.warning(
            "Handlers held an event loop: its other channels waited. Run long work elsewhere, or choose .globalPool.",
            metadata: ["milliseconds": "\(held.nanoseconds / 1_000_000)", "jobs": "\(jobs)"]
        )
    }

    private static let executors = Mutex<[ObjectIdentifier: LoopExecutor]>([:])
    private static let errandsAtOnce = 64
    private static let longestErrands = TimeAmount.milliseconds(2)
    private static let maximumJobsPerDrain = 1024
    private static let framesPerFlush = 32
    private static let briefWait = TimeAmount.milliseconds(10)
    private static let longestHold = TimeAmount.milliseconds(50)
}

/// A channel that has work for tasks, and gives it out when those that are ready have run.
protocol Dispatcher: AnyObject {
    func dispatch()
}

/// A channel that gathers what it sends until its loop has run the tasks of the tick.
protocol Flushable: AnyObject {
    func flush()
}

/// A channel with calls that have been waited for briefly, or are about to have been.
protocol BriefWaits: AnyObject {
    /// Ends the waits that are longer than brief; false if there are no others.
    func endBriefWaits() -> Bool
}

internal import DequeModule
internal import Logging
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
    // Without checks at run time in release builds; the rule is at ``ChannelCore``'s.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var jobs = Deque<UnownedJob>()
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var dispatchers: [any Dispatcher] = []
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var unflushed: [any Flushable] = []
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var isDraining = false
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var isDrainScheduled = false
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var readCount = 0
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var frameCount = 0
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var briefWaits: [any BriefWaits] = []
    private let errands = Mutex<(queue: Deque<@Sendable () -> Void>, areRun: Bool)>(([], false))
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var hasErrands = false
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
            jobs.append(job)
            scheduleDrain()
        } else {
            loop.execute {
                self.jobs.append(job)
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
            self.hasErrands = true
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
                hasErrands = errands.areRun
                return portion
            }
            for errand in portion { errand() }
        } while hasErrands && NIODeadline.now() < end
    }

    // MARK: Flushing

    /// Has `channel` flushed after the drain that is under way, or soon. Once per flush is enough.
    func flushLater(_ channel: any Flushable) {
        unflushed.append(channel)
        scheduleDrain()
    }

    /// A message waits to be flushed.
    func noteFrame() {
        frameCount += 1
    }

    /// Whether so many messages wait to be flushed that the other side should have them, to work on meanwhile.
    var isFlushDue: Bool { frameCount >= Self.framesPerFlush }

    /// Has `channel` asked for more work when the tasks that are ready have run.
    func dispatchLater(_ channel: any Dispatcher) {
        dispatchers.append(channel)
        scheduleDrain()
    }

    /// Has `channel` asked every 10 ms to end its brief waits, until it has none.
    func lookLater(_ channel: any BriefWaits) {
        briefWaits.append(channel)
        if briefWaits.count == 1 { look() }
    }

    private func look() {
        loop.assumeIsolated().scheduleTask(in: Self.briefWait) {
            let channels = self.briefWaits
            self.briefWaits.removeAll(keepingCapacity: true)
            let others = channels.filter { $0.endBriefWaits() }
            self.briefWaits += others
            if !self.briefWaits.isEmpty { self.look() }
        }
    }

    /// A channel has begun to hand on what it has read. What comes up meanwhile waits for ``endRead()``.
    func beginRead() {
        readCount += 1
    }

    /// The channel has handed on all that it has read: what that woke is run now.
    func endRead() {
        readCount -= 1
        drain()
    }

    /// The channel has gone in the middle of a read.
    func abandonRead() {
        readCount -= 1
        scheduleDrain()
    }

    /// Runs the jobs that wait, then flushes the channels that have something to send.
    ///
    /// Bounded, so that tasks which keep one another busy cannot starve the sockets: what is left is run in the loop's
    /// next tick. A drain inside a drain does nothing: a job may close a channel, and with it read to the end.
    func drain() {
        guard !isDraining else { return }
        isDraining = true
        if hasErrands { runErrands() }
        let begin = NIODeadline.now()
        let executor = asUnownedTaskExecutor()
        var count = 0
        // In generations, so that tasks which keep one another busy do not keep new work from being given out.
        repeat {
            let generation = min(jobs.count, Self.maximumJobsPerDrain - count)
            for _ in 0..<generation {
                jobs.popFirst()?.runSynchronously(on: executor)
                if frameCount >= Self.framesPerFlush { flush() }
            }
            count += generation
            if !dispatchers.isEmpty { dispatch() }
        } while count < Self.maximumJobsPerDrain && !(jobs.isEmpty && dispatchers.isEmpty)
        flush()
        isDraining = false
        if count > 0 { report(NIODeadline.now() - begin, jobs: count) }
        if hasErrands || !(jobs.isEmpty && dispatchers.isEmpty && unflushed.isEmpty) {
            drainAfterSockets()
        }
    }

    private func dispatch() {
        // Dispatching may register again.
        let waiting = dispatchers
        dispatchers.removeAll(keepingCapacity: true)
        for dispatcher in waiting { dispatcher.dispatch() }
    }

    private func flush() {
        frameCount = 0
        guard !unflushed.isEmpty else { return }
        // Flushing may call back into channels, which may register again.
        let channels = unflushed
        unflushed.removeAll(keepingCapacity: true)
        for channel in channels { channel.flush() }
    }

    private func scheduleDrain() {
        guard readCount == 0, !isDraining, !isDrainScheduled else { return }
        isDrainScheduled = true
        loop.execute {
            self.isDrainScheduled = false
            self.drain()
        }
    }

    /// Has the rest wait until the loop has looked at its sockets: it does so only when no task is left to run at once. One
    /// timer for all that is left, since of two each would be due when the other's work is done.
    private func drainAfterSockets() {
        guard !isDrainScheduled else { return }
        isDrainScheduled = true
        loop.assumeIsolated().scheduleTask(in: .microseconds(50)) {
            self.isDrainScheduled = false
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

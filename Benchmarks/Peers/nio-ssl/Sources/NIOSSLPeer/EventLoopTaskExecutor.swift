internal import NIOCore

/// Runs tasks on an event loop, so that a call costs no change of threads.
///
/// NIO brings no such executor. An actor on the loop's own serial executor, which it does bring, does not do: continuations
/// that the loop resumed went by Swift's pool all the same, with two wake-ups a call.
final class EventLoopTaskExecutor: TaskExecutor {
    let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

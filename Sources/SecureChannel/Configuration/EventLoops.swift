internal import NIOCore
internal import NIOPosix

/// The threads that channels live on.
///
/// Each channel belongs to one thread of the group for its whole life. ``shared`` is right for nearly everybody.
public struct EventLoops: Sendable {
    internal let group: any EventLoopGroup

    /// The process's own group, with one thread for each core. It is never shut down.
    public static let shared = EventLoops(group: MultiThreadedEventLoopGroup.singleton)

    /// A group of `threads` threads of its own, which live until the process ends.
    ///
    /// They are never shut down because a task that waits on a thread that is gone would wait for ever: make few.
    public init(threads: Int) {
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, threads))
    }

    internal init(group: any EventLoopGroup) {
        self.group = group
    }
}

internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The threads where keys of stores sign: four for the stores of a library context, so that a token which hangs holds up nobody
/// whose keys are elsewhere. Apart from NIO's own, which look up names and files. Started when first used, never shut down.
final class StoreThreads: Sendable {
    /// For OpenSSL's default context.
    static let ofProcess = StoreThreads()

    private let pool = Mutex<NIOThreadPool?>(nil)

    func run<Outcome: Sendable>(
        replyOn loop: any EventLoop,
        _ work: @escaping @Sendable () throws -> Outcome
    ) -> EventLoopFuture<Outcome> {
        let pool = self.pool.withLock { pool in
            if let pool { return pool }
            let started = NIOThreadPool(numberOfThreads: 4)
            started.start()
            pool = started
            return started
        }
        return pool.runIfActive(eventLoop: loop, work)
    }
}

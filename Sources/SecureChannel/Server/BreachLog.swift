internal import Logging
internal import NIOCore
internal import Synchronization

/// Says in a server's log which peers broke the wire format: often it is the wrong codec, or another protocol, and the other
/// side does not learn why it is closed. Shared by all its channels.
final class BreachLog: Sendable {
    private let logger: Logger
    private let allowance = Mutex(LogAllowance())

    init(_ logger: Logger) {
        self.logger = logger
    }

    func note(_ error: ChannelError, at now: NIODeadline = .now()) {
        guard let unsaid = allowance.withLock({ $0.take(at: now) }) else { return }
        var metadata: Logger.Metadata = ["peer": "\(error.address ?? "unknown")", "error": "\(error)"]
        if unsaid > 0 { metadata["unsaid"] = "\(unsaid) more since the last minute's messages" }
        logger.warning("A peer broke the wire format; its channel was closed.", metadata: metadata)
    }
}

/// How often something is said that anybody can cause: ten times a minute. A pure value.
struct LogAllowance {
    private var begin: NIODeadline?
    private var count = 0
    private var unsaid = 0

    /// Nil if it should not be said now, else how often it was not since it was last.
    mutating func take(at now: NIODeadline) -> Int? {
        if begin.map({ now - $0 >= Self.period }) ?? true {
            begin = now
            count = 0
        }
        guard count < Self.maximum else {
            unsaid += 1
            return nil
        }
        count += 1
        defer { unsaid = 0 }
        return unsaid
    }

    static let maximum = 10
    static let period = TimeAmount.minutes(1)
}

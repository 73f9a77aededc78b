import SecureChannel
import Synchronization

/// How channels ended, as seen by whoever served them: nil for an orderly end.
final class Ends: Sendable {
    private let errors = Mutex<[ChannelError?]>([])

    var all: [ChannelError?] { errors.withLock { $0 } }
    func note(_ error: ChannelError?) { errors.withLock { $0.append(error) } }
}

@testable import SecureChannel

extension Channel {
    /// How many calls of this side have a slot, and how many wait for one.
    var outstanding: (calls: Int, waiting: Int) {
        get async {
            await withCheckedContinuation { continuation in
                onLoop { continuation.resume(returning: ($0.calls.count, $0.waitingCalls.count)) }
            }
        }
    }

    /// How many replies wait until the socket has taken more.
    var waitingReplies: Int {
        get async {
            await withCheckedContinuation { continuation in
                onLoop { continuation.resume(returning: $0.roomWaiters.count) }
            }
        }
    }

    /// How many requests of the peer are open here.
    var openRequests: Int {
        get async {
            await withCheckedContinuation { continuation in
                onLoop { continuation.resume(returning: $0.inbox.openCount) }
            }
        }
    }

    /// Whether somebody receives this channel's requests.
    var isReceiving: Bool {
        get async {
            await withCheckedContinuation { continuation in
                onLoop { continuation.resume(returning: $0.inbox.hasReceivers) }
            }
        }
    }

    /// Whether calls that were given up hold all places, and that is watched.
    var isWatchingPlaces: Bool {
        get async {
            await withCheckedContinuation { continuation in
                onLoop { continuation.resume(returning: $0.placesTask != nil) }
            }
        }
    }

    var isOnLoop: Bool { coreOnLoop != nil }

    /// How many bytes wait for the socket.
    var waitingBytes: Int {
        get async {
            await withCheckedContinuation { continuation in
                onLoop { continuation.resume(returning: $0.channelProtocol.waitingByteCount) }
            }
        }
    }
}

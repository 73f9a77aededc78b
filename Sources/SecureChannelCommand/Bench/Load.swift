internal import SecureChannel

/// What is sent, and how much of it at once.
struct Load: Sendable {
    /// Every request's content.
    var content: Value
    /// How many bytes of content that is.
    var contentSize: Int
    var connections: Int
    /// How many requests each connection has without a reply: exactly so many, or at most, if there is a rate.
    var inFlight: Int
    /// Requests a second, over all connections; nil for as many as there are replies.
    var rate: Double?
    /// Event loops.
    var threads: Int
    /// How long to send before it counts.
    var warmUp: Duration
    var limit: LoadLimit
}

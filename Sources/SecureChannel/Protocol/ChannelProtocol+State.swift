extension ChannelProtocol {
    /// How far the connection has come.
    enum State {
        case active
        /// Bytes that were read wait until the channel goes on.
        case paused
        /// What was written is being sent; what comes is thrown away.
        case closing
        /// All is handed to the transport, and waited for until the socket has taken it.
        case flushing
        /// The peer has been told that this was all; its own end is waited for.
        case lingering
        case closed
    }
}

extension ChannelCore {
    /// Where a channel is between its beginning and its end.
    enum State {
        case open
        /// Open requests are finished and pending calls waited for; then the channel closes.
        case draining(inputEnded: Bool)
        /// Nothing is pending any more; what was written is on its way.
        case closing(ChannelError)
        case closed(ChannelError)
    }
}

extension Duration {
    /// The same within what clocks and timers can add to now: not below zero, and a century at most. What is longer traps in
    /// the standard library, and what is negative may wrap around in a timer.
    package var bounded: Duration { max(.zero, min(self, .seconds(3_155_760_000))) }
}

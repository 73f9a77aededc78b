internal import NIOCore

extension EventLoop {
    /// Does something for each of many on this loop, a few at a time, so that ten thousand do not keep its other channels
    /// waiting: what takes some tenths of a millisecond for each holds it for a few milliseconds at once.
    func visit<Element: Sendable>(_ elements: ArraySlice<Element>, _ action: @escaping @Sendable (Element) -> Void) {
        guard !elements.isEmpty else { return }
        execute {
            for element in elements.prefix(Self.visitsAtOnce) { action(element) }
            let others = elements.dropFirst(Self.visitsAtOnce)
            guard !others.isEmpty else { return }
            // By way of a timer, since the loop does not look at its sockets while anything can be run at once.
            self.scheduleTask(in: .milliseconds(1)) { self.visit(others, action) }
        }
    }

    static var visitsAtOnce: Int { 8 }
}

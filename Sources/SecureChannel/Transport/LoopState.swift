/// A variable of an object that lives on one event loop, without the cost of checking each access at run time.
///
/// Swift checks every access to a class's variables for overlaps (`swift_beginAccess`); for the few that each message
/// touches a dozen times that was a quarter of all instructions. Without the check one rule has to hold: while a value is
/// being changed in place, nothing is called that comes back to the same value. Debug builds, and with them all tests,
/// still check it.
struct LoopState<Value>: ~Copyable {
    #if DEBUG
        private final class Box {
            var value: Value

            init(_ value: Value) { self.value = value }
        }

        private let box: Box

        init(_ value: Value) { box = Box(value) }

        var value: Value {
            _read { yield box.value }
            nonmutating _modify { yield &box.value }
        }
    #else
        private let pointer: UnsafeMutablePointer<Value>

        init(_ value: Value) {
            pointer = .allocate(capacity: 1)
            pointer.initialize(to: value)
        }

        deinit {
            pointer.deinitialize(count: 1)
            pointer.deallocate()
        }

        var value: Value {
            @inline(__always) _read { yield pointer.pointee }
            @inline(__always) nonmutating _modify { yield &pointer.pointee }
        }
    #endif
}

// Public, because only that is inlined in other modules; this module is no product.

/// A variable of an object that lives on one event loop, without the cost of checking each access at run time.
///
/// Swift checks every access to a class's variables for overlaps (`swift_beginAccess`); for the few that each message
/// touches a dozen times that was a quarter of all instructions. Without the check one rule has to hold: while a value is
/// being changed in place, nothing is called that comes back to the same value. Debug builds, and with them all tests,
/// still check it.
public struct LoopState<Value>: ~Copyable {
    #if DEBUG
        private final class Box {
            var value: Value

            init(_ value: Value) { self.value = value }
        }

        private let box: Box

        /// With this value to begin with.
        public init(_ value: Value) { box = Box(value) }

        /// The value now, to read or to change in place.
        public var value: Value {
            _read { yield box.value }
            nonmutating _modify { yield &box.value }
        }
    #else
        @usableFromInline let pointer: UnsafeMutablePointer<Value>

        /// With this value to begin with.
        @inlinable
        public init(_ value: consuming Value) {
            pointer = .allocate(capacity: 1)
            pointer.initialize(to: value)
        }

        @inlinable
        deinit {
            pointer.deinitialize(count: 1)
            pointer.deallocate()
        }

        /// The value now, to read or to change in place.
        @inlinable
        public var value: Value {
            @inline(__always) unsafeAddress { UnsafePointer(pointer) }
            @inline(__always) nonmutating unsafeMutableAddress { pointer }
        }
    #endif
}

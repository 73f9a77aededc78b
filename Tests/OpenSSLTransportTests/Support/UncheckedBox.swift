/// Carries a value from one thread to the next; nobody uses it on both at once.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}

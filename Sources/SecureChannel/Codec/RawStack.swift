/// A stack in memory of its own, which is never given back: for what is pushed and popped with every value.
///
/// An array would check with every change whether it is the only owner of its elements.
internal struct RawStack<Element: BitwiseCopyable> {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.base = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < count)
            return base[index]
        }
        nonmutating _modify {
            precondition(index >= 0 && index < count)
            yield &base[index]
        }
    }

    /// Where an element is until the next one is pushed; nil if there is none of that index.
    @inline(__always)
    func address(of index: Int) -> UnsafeMutablePointer<Element>? {
        index >= 0 && index < count ? base + index : nil
    }

    @inline(__always)
    mutating func push(_ element: Element) {
        if count == capacity { resize(to: max(8, capacity * 2)) }
        (base + count).initialize(to: element)
        count += 1
    }

    /// Drops the last elements, so that `count` remain.
    @inline(__always)
    mutating func pop(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Gives back memory if there is much more than `capacity` elements need.
    mutating func trim(to capacity: Int) {
        if self.capacity > capacity, count <= capacity { resize(to: capacity) }
    }

    @inline(never)
    private mutating func resize(to capacity: Int) {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        larger.moveInitialize(from: base, count: count)
        base.deallocate()
        base = larger
        self.capacity = capacity
    }
}

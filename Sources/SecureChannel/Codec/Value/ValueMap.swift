extension Value {
    /// A map's entries, in the order in which they were written.
    ///
    /// Keys may be any values, and a map from a peer may hold a key twice: a look-up then finds the last. Two maps are
    /// equal if they hold the same entries in any order (those of one key in the same order).
    ///
    /// A look-up goes through the entries one by one. Make a `Dictionary` of a large map that is asked often.
    public struct Map: Sendable {
        /// A key and its value.
        public typealias Element = (key: Value, value: Value)

        private var entries: [Element]

        /// A map without entries.
        public init() {
            self.entries = []
        }

        /// A map with these entries, in this order.
        public init(_ entries: some Sequence<(Value, Value)>) {
            self.entries = entries.map { (key: $0.0, value: $0.1) }
        }

        internal init(entries: [Element]) {
            self.entries = entries
        }

        /// The value of the last entry with this key. Setting it replaces that entry's value, or adds one at the end;
        /// setting nil removes every entry with this key.
        public subscript(key: Value) -> Value? {
            get { entries.last { $0.key == key }?.value }
            set {
                guard let newValue else {
                    entries.removeAll { $0.key == key }
                    return
                }
                if let index = entries.lastIndex(where: { $0.key == key }) {
                    entries[index].value = newValue
                } else {
                    entries.append((key, newValue))
                }
            }
        }

        /// Adds an entry at the end, also if its key is there already.
        public mutating func append(key: Value, value: Value) {
            entries.append((key, value))
        }
    }
}

extension Value.Map: RandomAccessCollection {
    public var startIndex: Int { entries.startIndex }
    public var endIndex: Int { entries.endIndex }
    public subscript(position: Int) -> Element { entries[position] }
}

extension Value.Map: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (Value, Value)...) {
        self.init(elements)
    }
}

extension Value.Map: Hashable {
    /// Whether both hold the same entries, in any order.
    public static func == (left: Value.Map, right: Value.Map) -> Bool {
        guard left.count == right.count else { return false }
        if left.hasPlainKeysInOrder(of: right) {
            return left.entries.elementsEqual(right.entries) { $0.value == $1.value }
        }
        return left.valuesByKey() == right.valuesByKey()
    }

    // Every entry is hashed once, on its own: hashing a dictionary of them would hash each twice, and so double the work
    // with every level of a nested map.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in entries {
            var entryHasher = Hasher()
            entryHasher.combine(key)
            entryHasher.combine(value)
            sum &+= entryHasher.finalize()
        }
        hasher.combine(count)
        hasher.combine(sum)
    }

    /// Whether the keys are the same strings and integers in the same order; then only the values are left to compare.
    /// Other keys do not count, so that none is compared twice: see `hash(into:)`.
    private func hasPlainKeysInOrder(of other: Value.Map) -> Bool {
        entries.elementsEqual(other.entries) {
            switch ($0.key, $1.key) {
            case (.string(let left), .string(let right)): left == right
            case (.integer(let left), .integer(let right)): left == right
            default: false
            }
        }
    }

    private func valuesByKey() -> [Value: [Value]] {
        entries.reduce(into: [:]) { $0[$1.key, default: []].append($1.value) }
    }
}

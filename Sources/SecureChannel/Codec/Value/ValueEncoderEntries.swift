extension ValueEncoder {
    /// A map's entries while it is made. A key that is written twice has the last value, in the first one's place; a
    /// container that is asked for twice is one.
    struct Entries {
        private(set) var list: [(key: Value, node: Node)] = []
        /// Where each key stands, once there are more than a few.
        private var positions: [ByteString: Int] = [:]
        /// What was asked for to be filled later.
        private var nested: [ByteString: Node] = [:]

        /// Up to so many keys are compared one by one.
        private static var smallCount: Int { 8 }

        /// Writes an entry.
        ///
        /// - Parameter isNew: whether the key is known not to be there yet.
        mutating func set(_ key: Value, to node: Node, isNew: Bool) {
            guard !isNew, let name = ByteString(key) else { return list.append((key, node)) }
            if let position = position(of: name) {
                list[position].node = node
                return
            }
            list.append((key, node))
            if list.count == Self.smallCount {
                for (position, entry) in list.enumerated() { note(entry.key, at: position) }
            } else if list.count > Self.smallCount {
                positions[name] = list.count - 1
            }
        }

        /// The node that was asked for under a key, or else a new one.
        mutating func nested(_ key: Value, _ make: () -> Node) -> Node {
            guard let name = ByteString(key) else { return make() }
            if let known = nested[name] { return known }
            let node = make()
            nested[name] = node
            set(key, to: node, isNew: false)
            return node
        }

        private func position(of name: ByteString) -> Int? {
            guard list.count < Self.smallCount else { return positions[name] }
            return list.firstIndex { ByteString($0.key) == name }
        }

        private mutating func note(_ key: Value, at position: Int) {
            if let name = ByteString(key) { positions[name] = position }
        }
    }
}

/// An object's entries in their order, each key once.
internal struct JSONObjectEntries {
    private(set) var entries: [Value.Map.Element] = []
    private var positions: [ByteString: Int] = [:]

    /// Up to so many keys are compared one by one.
    private static let smallCount = 8

    mutating func set(_ key: String, to value: Value) {
        if let position = position(of: key) {
            entries[position].value = value
            return
        }
        entries.append((.string(key), value))
        if entries.count == Self.smallCount {
            for (position, entry) in entries.enumerated() {
                if case .string(let name) = entry.key { positions[ByteString(string: name)] = position }
            }
        } else if entries.count > Self.smallCount {
            positions[ByteString(string: key)] = entries.count - 1
        }
    }

    private func position(of key: String) -> Int? {
        guard entries.count < Self.smallCount else { return positions[ByteString(string: key)] }
        return entries.firstIndex { entry in
            guard case .string(let name) = entry.key else { return false }
            return name.utf8.elementsEqual(key.utf8)
        }
    }
}

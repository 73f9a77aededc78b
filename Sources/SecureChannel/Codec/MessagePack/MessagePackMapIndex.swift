/// A map's entries, sorted by key; the last of equal ones counts.
internal final class MessagePackMapIndex {
    private struct Named {
        var offset: Int
        var length: Int
        /// Where the value begins of the first entry with this key, and of the last.
        var first: Int
        var value: Int
    }

    private struct Numbered {
        var number: Int64
        var first: Int
        var value: Int
    }

    private let named: [Named]
    private let numbered: [Numbered]

    init(_ map: borrowing MessagePackMap) throws(MessagePackFault) {
        var named: [Named] = []
        var numbered: [Numbered] = []
        let input = map.input
        if let memory = input.memory, !memory.pointee.hasRoom(for: map.count, of: MemoryLayout<Named>.stride) {
            throw .tooMuchMemory(limit: memory.pointee.limit)
        }
        try map.forEachEntry { (entry) throws(MessagePackFault) in
            switch entry.key {
            case .string(let offset, let length):
                named.append(Named(offset: offset, length: length, first: entry.value, value: entry.value))
            case .integer(let number):
                numbered.append(Numbered(number: number, first: entry.value, value: entry.value))
            case .other:
                break
            }
        }
        named.sort { left, right in
            let order = Self.compare(Self.bytes(left, input), Self.bytes(right, input))
            return order == 0 ? left.value < right.value : order < 0
        }
        numbered.sort { ($0.number, $0.value) < ($1.number, $1.value) }
        named.uniteNeighbours { left, right in
            guard Self.compare(Self.bytes(left, input), Self.bytes(right, input)) == 0 else { return false }
            left.value = right.value
            return true
        }
        numbered.uniteNeighbours { left, right in
            guard left.number == right.number else { return false }
            left.value = right.value
            return true
        }
        self.named = named
        self.numbered = numbered
    }

    /// The offset of the value for a key: for its string, or else for its integer.
    func find(_ wanted: MessagePackWantedKey, in input: MessagePackInput) -> Int? {
        if let entry = find(wanted.name, in: input) { return entry.value }
        return wanted.number.flatMap { find($0)?.value }
    }

    /// Whether no entry before this one has its key.
    func isFirst(_ entry: MessagePackMap.Entry, in input: MessagePackInput) -> Bool {
        switch entry.key {
        case .string(var offset, let length):
            guard let bytes = try? input.readBytes(length, at: &offset) else { return false }
            return find(MessagePackKeyName(bytes), in: input)?.first == entry.value
        case .integer(let number):
            return find(number)?.first == entry.value
        case .other:
            return true
        }
    }

    private func find(_ name: MessagePackKeyName, in input: MessagePackInput) -> Named? {
        let position = named.partition { Self.compare(Self.bytes($0, input), name.bytes) < 0 }
        guard position < named.count, Self.compare(Self.bytes(named[position], input), name.bytes) == 0 else {
            return nil
        }
        return named[position]
    }

    private func find(_ number: Int64) -> Numbered? {
        let position = numbered.partition { $0.number < number }
        guard position < numbered.count, numbered[position].number == number else { return nil }
        return numbered[position]
    }

    private static func bytes(_ entry: Named, _ input: MessagePackInput) -> UnsafeRawBufferPointer {
        var offset = entry.offset
        return (try? input.readBytes(entry.length, at: &offset)) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    private static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        for (left, right) in zip(left, right) where left != right { return left < right ? -1 : 1 }
        return left.count - right.count
    }
}

extension Array {
    /// Takes elements into those before them where `unite` says that it has done so.
    fileprivate mutating func uniteNeighbours(_ unite: (inout Element, Element) -> Bool) {
        guard !isEmpty else { return }
        var last = 0
        for position in 1..<count {
            let element = self[position]
            if unite(&self[last], element) { continue }
            last += 1
            self[last] = element
        }
        removeSubrange((last + 1)...)
    }

    /// The first index whose element `precedes` does not hold for; it holds for all before and none after.
    fileprivate func partition(_ precedes: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if precedes(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

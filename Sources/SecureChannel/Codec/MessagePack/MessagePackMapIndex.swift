/// A large map's entries, sorted by key; the first of equal ones counts.
internal final class MessagePackMapIndex {
    private struct Named {
        var offset: Int
        var length: Int
        var value: Int
    }

    private struct Numbered {
        var number: Int64
        var value: Int
    }

    private let named: [Named]
    private let numbered: [Numbered]

    init(_ map: borrowing MessagePackMap) throws(MessagePackFault) {
        var named: [Named] = []
        var numbered: [Numbered] = []
        let input = map.input
        try map.forEachEntry { (entry) throws(MessagePackFault) in
            switch entry.key {
            case .string(let offset, let length):
                named.append(Named(offset: offset, length: length, value: entry.value))
            case .integer(let number):
                numbered.append(Numbered(number: number, value: entry.value))
            case .other:
                break
            }
        }
        named.sort { left, right in
            let order = Self.compare(Self.bytes(left, input), Self.bytes(right, input))
            return order == 0 ? left.value < right.value : order < 0
        }
        numbered.sort { ($0.number, $0.value) < ($1.number, $1.value) }
        self.named = named
        self.numbered = numbered
    }

    /// The offset of the value for a key.
    func find(_ wanted: MessagePackWantedKey, in input: MessagePackInput) -> Int? {
        let position = named.partition { Self.compare(Self.bytes($0, input), wanted.name.bytes) < 0 }
        if position < named.count, Self.compare(Self.bytes(named[position], input), wanted.name.bytes) == 0 {
            return named[position].value
        }
        guard let number = wanted.number else { return nil }
        let numberedPosition = numbered.partition { $0.number < number }
        guard numberedPosition < numbered.count, numbered[numberedPosition].number == number else { return nil }
        return numbered[numberedPosition].value
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

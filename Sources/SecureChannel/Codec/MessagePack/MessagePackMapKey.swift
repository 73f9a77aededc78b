/// A map's key, by where it stands in the input.
internal enum MessagePackMapKey {
    case string(offset: Int, length: Int, bit: UInt64)
    case integer(Int64)
    /// Of a kind that no `CodingKey` can be.
    case other

    /// Reads a key and moves the offset behind it.
    init(_ state: MessagePackDecodingState, at offset: inout Int) throws(MessagePackFault) {
        let start = offset
        switch try state.input.readToken(at: &offset) {
        case .string(let bytes):
            self = .string(offset: offset - bytes.count, length: bytes.count, bit: Self.bit(bytes))
        case .integer(let integer):
            self = .integer(integer)
        case .array, .map:
            offset = start
            try state.skip(at: &offset)
            self = .other
        default:
            self = .other
        }
    }

    /// A number with one bit set: the same for equal keys, and mostly another for others.
    var bit: UInt64 {
        switch self {
        case .string(_, _, let bit): bit
        case .integer(let integer): 1 << UInt64(truncatingIfNeeded: integer & 63)
        case .other: 0
        }
    }

    static func bit(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let first = UInt64(bytes.first ?? 0)
        let last = UInt64(bytes.last ?? 0)
        return 1 << ((UInt64(bytes.count) &+ 3 &* first &+ 7 &* last) & 63)
    }
}

/// A key that is looked for: a `CodingKey`'s string, or its integer if it has one.
internal struct MessagePackWantedKey {
    let name: UnsafeRawBufferPointer
    let number: Int?

    @inline(__always)
    func matches(_ key: MessagePackMapKey, in input: MessagePackInput) throws(MessagePackFault) -> Bool {
        switch key {
        case .string(var offset, let length, _):
            guard length == name.count else { return false }
            return try input.readBytes(length, at: &offset).hasSameBytes(as: name)
        case .integer(let integer):
            return number.map { Int64($0) == integer } ?? false
        case .other:
            return false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes, compared eight at a time.
    @inline(__always)
    fileprivate func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        var offset = 0
        while count - offset >= 8 {
            let mine = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard mine == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
            offset += 8
        }
        while offset < count {
            guard self[offset] == other[offset] else { return false }
            offset += 1
        }
        return true
    }
}

extension MessagePackInput {
    /// Whether the short form of a string (up to 31 bytes) with these bytes stands there. A no is not certain.
    @inline(__always)
    func isString(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard let base, offset >= 0, bytes.count < 32, count - offset > bytes.count,
            base.load(fromByteOffset: offset, as: UInt8.self)
                == MessagePackFormat.fixString | UInt8(truncatingIfNeeded: bytes.count)
        else { return false }
        return UnsafeRawBufferPointer(start: base + offset + 1, count: bytes.count).hasSameBytes(as: bytes)
    }
}

/// A large map's entries, sorted by key; the first of equal ones counts.
internal struct MessagePackMapIndex {
    private struct Named {
        var offset: Int
        var length: Int
        var value: Int
    }

    private struct Numbered {
        var number: Int64
        var value: Int
    }

    private var named: [Named] = []
    private var numbered: [Numbered] = []

    init(_ map: MessagePackMap) throws(MessagePackFault) {
        var named: [Named] = []
        var numbered: [Numbered] = []
        try map.forEachEntry { (entry) throws(MessagePackFault) in
            switch entry.key {
            case .string(let offset, let length, _):
                named.append(Named(offset: offset, length: length, value: entry.value))
            case .integer(let number):
                numbered.append(Numbered(number: number, value: entry.value))
            case .other:
                break
            }
        }
        let input = map.state.input
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
        let position = named.partition { Self.compare(Self.bytes($0, input), wanted.name) < 0 }
        if position < named.count, Self.compare(Self.bytes(named[position], input), wanted.name) == 0 {
            return named[position].value
        }
        guard let number = wanted.number.map(Int64.init) else { return nil }
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

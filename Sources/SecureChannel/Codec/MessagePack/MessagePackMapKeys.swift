/// What is known of a map when its keys have been walked through once.
internal struct MessagePackMapKeys {
    /// Whether a key may occur twice, or a `CodingKey` may be found under both its string and its integer. A no is certain.
    private(set) var mayRepeat = false
    /// Where the map ends.
    private(set) var end: Int

    /// All of the keys, if they are few.
    private(set) var all: MessagePackKeyFilter?

    private var hasStrings = false
    private var hasNumbers = false

    /// Up to so many keys, it is mostly known without a table.
    private static var smallCount: Int { 16 }

    init(_ input: MessagePackInput, from firstEntry: Int, count: Int) throws(MessagePackFault) {
        self.end = firstEntry
        if count > Self.smallCount {
            try enter(input, count: count)
        } else if try !filter(input, count: count) {
            end = firstEntry
            try enter(input, count: count)
        }
        mayRepeat = mayRepeat || hasStrings && hasNumbers
    }

    /// Whether all keys surely differ, with few instructions.
    @inline(__always)
    private mutating func filter(_ input: MessagePackInput, count: Int) throws(MessagePackFault) -> Bool {
        var filter = MessagePackKeyFilter()
        for _ in 0..<count {
            guard let hash = try next(input) else { continue }
            guard !filter.mayContain(hash) else { return false }
            filter.insert(hash)
        }
        all = filter
        return true
    }

    /// Enters a part of each hash into a table. A peer that sends keys of like hashes makes no search long: it is given up.
    @inline(never)
    private mutating func enter(_ input: MessagePackInput, count: Int) throws(MessagePackFault) {
        // At most half full, so that looking for a free place takes a few steps.
        let capacity = 1 << (Int.bitWidth - (2 * count - 1).leadingZeroBitCount)
        var table = [UInt32](repeating: 0, count: capacity)
        let shift = UInt64.bitWidth - capacity.trailingZeroBitCount
        for _ in 0..<count {
            guard let hash = try next(input), !mayRepeat else { continue }
            // Only the upper bits of a hash depend on all of a key.
            let mixed = (hash ^ hash >> 32) &* 0xff51_afd7_ed55_8ccd
            let tag = UInt32(truncatingIfNeeded: mixed >> 16) | 1
            var place = Int(truncatingIfNeeded: mixed >> UInt64(shift))
            var steps = 0
            while table[place] != 0, table[place] != tag, steps < Self.longestSearch {
                place = (place + 1) & (capacity - 1)
                steps += 1
            }
            if table[place] == 0 { table[place] = tag } else { mayRepeat = true }
        }
    }

    private static var longestSearch: Int { 64 }

    /// Moves on behind an entry; returns its key's hash, or nil if it is of a kind that no `CodingKey` can be.
    @inline(__always)
    private mutating func next(_ input: MessagePackInput) throws(MessagePackFault) -> UInt64? {
        let first = try input.byte(at: end)
        guard first & 0xe0 == MessagePackFormat.fixString else { return try nextOther(input) }
        end += 1
        let hash = MessagePackKeyName(try input.readBytes(Int(first & 0x1f), at: &end)).hash
        hasStrings = true
        try input.skip(at: &end)
        return hash
    }

    /// The same where the key is not a short string.
    @inline(never)
    private mutating func nextOther(_ input: MessagePackInput) throws(MessagePackFault) -> UInt64? {
        let hash: UInt64?
        switch try MessagePackMapKey(input, at: &end) {
        case .string(var offset, let length):
            hash = MessagePackKeyName(try input.readBytes(length, at: &offset)).hash
            hasStrings = true
        case .integer(let number):
            hash = MessagePackKeyFilter.hash(number)
            hasNumbers = true
        case .other:
            hash = nil
        }
        try input.skip(at: &end)
        return hash
    }
}

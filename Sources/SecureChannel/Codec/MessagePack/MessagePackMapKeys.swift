/// What is known of a map when its keys have been walked through once.
internal struct MessagePackMapKeys {
    /// Whether a key may occur twice, or a `CodingKey` may be found under both its string and its integer. A no is certain.
    private(set) var mayRepeat = false
    /// Where the map ends.
    private(set) var end: Int

    private var hasStrings = false
    private var hasNumbers = false

    /// Up to so many keys are compared with one another.
    private static var smallCount: Int { 16 }

    init(_ input: MessagePackInput, from firstEntry: Int, count: Int) throws(MessagePackFault) {
        self.end = firstEntry
        let isSmall = count <= Self.smallCount
        // At most half full, so that looking for a free place takes a few steps.
        let capacity = isSmall ? Self.smallCount : 1 << (Int.bitWidth - (2 * count - 1).leadingZeroBitCount)
        let fault: MessagePackFault? = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: isSmall ? capacity : 0)
        {
            hashes in
            do throws(MessagePackFault) {
                if isSmall {
                    try compare(input, count: count, hashes)
                } else {
                    try enter(input, count: count, capacity: capacity)
                }
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
        mayRepeat = mayRepeat || hasStrings && hasNumbers
    }

    private mutating func compare(
        _ input: MessagePackInput,
        count: Int,
        _ hashes: UnsafeMutableBufferPointer<UInt64>
    ) throws(MessagePackFault) {
        var filter = MessagePackKeyFilter()
        var known = 0
        for _ in 0..<count {
            guard let hash = try next(input) else { continue }
            if filter.mayContain(hash), hashes[..<known].contains(hash) { mayRepeat = true }
            filter.insert(hash)
            hashes.initializeElement(at: known, to: hash)
            known += 1
        }
    }

    /// Enters a part of each hash into a table. A peer that sends keys of like hashes makes no search long: it is given up.
    private mutating func enter(_ input: MessagePackInput, count: Int, capacity: Int) throws(MessagePackFault) {
        var table = [UInt32](repeating: 0, count: capacity)
        let shift = UInt64.bitWidth - capacity.trailingZeroBitCount
        for _ in 0..<count {
            guard let hash = try next(input), !mayRepeat else { continue }
            let tag = UInt32(truncatingIfNeeded: hash) | 1
            var place = Int(truncatingIfNeeded: hash >> UInt64(shift))
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
    private mutating func next(_ input: MessagePackInput) throws(MessagePackFault) -> UInt64? {
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

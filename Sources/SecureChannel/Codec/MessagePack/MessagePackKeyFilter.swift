/// A set of keys that never denies one that it has, and seldom claims one that it has not: two bits of 128 for each.
internal struct MessagePackKeyFilter: BitwiseCopyable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    /// Whether integers are among the keys.
    private(set) var hasNumbers = false

    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
        let (one, other) = Self.bits(hash)
        return low & one != 0 && high & other != 0
    }

    @inline(__always)
    mutating func insert(_ hash: UInt64) {
        let (one, other) = Self.bits(hash)
        low |= one
        high |= other
    }

    func mayContain(_ wanted: MessagePackWantedKey) -> Bool {
        if mayContain(wanted.name.hash) { return true }
        guard hasNumbers, let number = wanted.number else { return false }
        return mayContain(Self.hash(number))
    }

    mutating func insert(_ key: MessagePackMapKey, in input: MessagePackInput) throws(MessagePackFault) {
        switch key {
        case .string(var offset, let length):
            insert(MessagePackKeyName(try input.readBytes(length, at: &offset)).hash)
        case .integer(let number):
            insert(Self.hash(number))
            hasNumbers = true
        case .other:
            break
        }
    }

    mutating func formUnion(_ other: MessagePackKeyFilter) {
        low |= other.low
        high |= other.high
        hasNumbers = hasNumbers || other.hasNumbers
    }

    static func hash(_ number: Int64) -> UInt64 {
        UInt64(bitPattern: number) &* 0xff51_afd7_ed55_8ccd
    }

    @inline(__always)
    private static func bits(_ hash: UInt64) -> (UInt64, UInt64) {
        (1 << (hash >> 58), 1 << (hash >> 52 & 63))
    }
}

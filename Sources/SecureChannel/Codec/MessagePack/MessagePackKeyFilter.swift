/// A set of keys that never denies one that it has, and seldom claims one that it has not: two bits of 128 for each.
internal struct MessagePackKeyFilter: BitwiseCopyable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
        let (one, other) = Self.bits(hash)
        return low & one != 0 && high & other != 0
    }

    func mayContain(_ wanted: MessagePackWantedKey) -> Bool {
        mayContain(wanted.name.hash) || wanted.number.map { mayContain(Self.hash($0)) } == true
    }

    @inline(__always)
    mutating func insert(_ hash: UInt64) {
        let (one, other) = Self.bits(hash)
        low |= one
        high |= other
    }

    static func hash(_ number: Int64) -> UInt64 {
        UInt64(bitPattern: number) &* 0xff51_afd7_ed55_8ccd
    }

    @inline(__always)
    private static func bits(_ hash: UInt64) -> (UInt64, UInt64) {
        (1 << (hash >> 58), 1 << (hash >> 52 & 63))
    }
}

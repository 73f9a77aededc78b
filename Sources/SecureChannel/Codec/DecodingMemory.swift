/// How much memory a decoding may still take for what it makes.
///
/// A byte of content can become many of memory: an array takes a block of its own, a value three words. So what is made
/// is counted before it is made, and a decoding that would take more than the codec allows ends with an error.
internal struct DecodingMemory: Hashable {
    /// What the codec allows.
    let limit: Int
    private(set) var remaining: Int

    /// Of a block on the heap: what the allocator and the array in it keep for themselves.
    static var blockSize: Int { 48 }

    init(limit: Int) {
        self.limit = limit
        self.remaining = max(0, limit)
    }

    /// Counts a block of `count` things of `size` bytes; none is made for no things.
    ///
    /// - Returns: whether there was enough left.
    @inline(__always)
    mutating func take(_ count: Int, of size: Int) -> Bool {
        guard count > 0 else { return true }
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: size)
        guard !isTooLarge, bytes <= remaining - Self.blockSize else { return false }
        remaining -= bytes + Self.blockSize
        return true
    }

    /// Whether there is enough left for a block that is given back before the decoding ends, and so not counted.
    func hasRoom(for count: Int, of size: Int) -> Bool {
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: size)
        return !isTooLarge && bytes <= remaining
    }

    /// Counts one more thing in a block that is there.
    @inline(__always)
    mutating func takeElement(of size: Int) -> Bool {
        guard size <= remaining else { return false }
        remaining -= size
        return true
    }

    /// Counts what a string needs beyond its own place, which holds up to 15 bytes.
    @inline(__always)
    mutating func takeString(_ utf8Count: Int) -> Bool {
        utf8Count < 16 || take(utf8Count, of: 1)
    }

    /// The fault in words.
    static func description(limit: Int) -> String {
        "what is decoded would take more than \(limit) bytes of memory, the codec's maximumMemory"
    }
}

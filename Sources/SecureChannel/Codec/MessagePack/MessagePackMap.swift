/// A map that is being decoded: finds values by key.
///
/// Keys mostly come in the order in which they are asked for, so the entry after the last one found is tried first, and
/// a struct's map is walked through once. Other entries are searched for one by one, and after a few such searches in
/// a large map by an index, so that no order of keys and no number of unknown ones makes decoding slower than
/// O(n log n).
///
/// Keys are compared byte by byte. Of a key that occurs twice, the first counts. Keys that are neither strings nor
/// integers are passed over.
internal final class MessagePackMap {
    let state: MessagePackDecodingState
    /// How many entries the map has.
    let count: Int
    private let firstEntry: Int
    /// The entry that was found last in order, and where its value ends if that is known.
    private var found: (key: Int, value: Int, bit: UInt64)?
    private var foundEnd: Int?
    /// The entry after that, and its number.
    private var next: (entry: Int, number: Int)
    /// One bit for each key in the entries before `next`, by its hash: if the bit of a key is not set, the key is none of
    /// theirs, and so the first of its kind where it is found.
    private var passedKeys: UInt64 = 0
    private var searches = 0
    private var index: MessagePackMapIndex?

    /// Up to so many entries are always searched one by one.
    private static let smallCount = 16
    private static let searchesBeforeIndex = 8

    struct Entry {
        var key: MessagePackMapKey
        /// Where its value begins.
        var value: Int
    }

    init(_ state: MessagePackDecodingState, at offset: Int) throws(MessagePackFault) {
        self.state = state
        var offset = offset
        self.count = try state.input.readMapHeader(at: &offset)
        self.firstEntry = offset
        self.next = (entry: offset, number: 0)
    }

    /// The offset of the value for a key, or nil if there is none.
    @inline(__always)
    func find(_ key: some CodingKey) throws(MessagePackFault) -> Int? {
        var name = key.stringValue
        let inOrder: Result<Int?, MessagePackFault> = name.withUTF8 { name in
            do throws(MessagePackFault) {
                return .success(try findInOrder(UnsafeRawBufferPointer(name)))
            } catch {
                return .failure(error)
            }
        }
        if let value = try inOrder.get() { return value }
        return try findElsewhere(name, number: key.intValue)
    }

    /// Tells where the value ends that was found last. That saves walking through it; it is never necessary.
    @inline(__always)
    func noteEnd(of value: Int, at end: Int) {
        if let found, found.value == value { foundEnd = end }
    }

    /// Calls `body` for every entry, in order.
    func forEachEntry(_ body: (Entry) throws(MessagePackFault) -> Void) throws(MessagePackFault) {
        var offset = firstEntry
        for _ in 0..<count {
            let entry = try readEntry(at: offset)
            try body(entry)
            offset = entry.value
            try state.skip(at: &offset)
        }
    }
}

extension MessagePackMap {
    /// Looks only at the entry found last and at the one after it.
    private func findInOrder(_ name: UnsafeRawBufferPointer) throws(MessagePackFault) -> Int? {
        if let found {
            if state.input.isString(name, at: found.key) { return found.value }
            var offset = foundEnd ?? found.value
            if foundEnd == nil { try state.skip(at: &offset) }
            next = (entry: offset, number: next.number + 1)
            passedKeys |= found.bit
            forgetFound()
        }
        guard next.number < count, state.input.isString(name, at: next.entry) else { return nil }
        let bit = MessagePackMapKey.bit(name)
        guard bit & passedKeys == 0 else { return nil }
        // A string of up to 31 bytes, or `isString` had not been sure.
        let value = next.entry + 1 + name.count
        found = (key: next.entry, value: value, bit: bit)
        return value
    }

    private func forgetFound() {
        found = nil
        foundEnd = nil
    }

    @inline(never)
    private func findElsewhere(_ name: String, number: Int?) throws(MessagePackFault) -> Int? {
        var name = name
        let result: Result<Int?, MessagePackFault> = name.withUTF8 { name in
            do throws(MessagePackFault) {
                return .success(
                    try search(MessagePackWantedKey(name: UnsafeRawBufferPointer(name), number: number))
                )
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func search(_ wanted: MessagePackWantedKey) throws(MessagePackFault) -> Int? {
        if next.number < count {
            let entry = try readEntry(at: next.entry)
            if entry.key.bit & passedKeys == 0, try wanted.matches(entry.key, in: state.input) {
                found = (key: next.entry, value: entry.value, bit: entry.key.bit)
                return entry.value
            }
        }
        searches += 1
        guard count <= Self.smallCount || searches <= Self.searchesBeforeIndex else {
            if index == nil { index = try MessagePackMapIndex(self) }
            return index?.find(wanted, in: state.input)
        }
        var offset = firstEntry
        var skippedKeys: UInt64 = 0
        for number in 0..<count {
            let entry = try readEntry(at: offset)
            if try wanted.matches(entry.key, in: state.input) {
                if number >= next.number {
                    next = (entry: offset, number: number)
                    passedKeys |= skippedKeys
                    found = (key: offset, value: entry.value, bit: entry.key.bit)
                }
                return entry.value
            }
            if number >= next.number { skippedKeys |= entry.key.bit }
            offset = entry.value
            try state.skip(at: &offset)
        }
        return nil
    }

    private func readEntry(at offset: Int) throws(MessagePackFault) -> Entry {
        var value = offset
        let key = try MessagePackMapKey(state, at: &value)
        return Entry(key: key, value: value)
    }
}

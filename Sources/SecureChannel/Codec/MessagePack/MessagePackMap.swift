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
    /// The entry to try first, and its number; its offset is known only after the value before it has been skipped.
    private var next: (entry: Int, number: Int)
    /// The value that was found last; `next.entry` is behind it once `isBehind`.
    private var found: Entry?
    private var hasSkippedFound = true
    /// One bit for each key in the entries before `next`, by its hash: if the bit of a key is not set, the key is none of
    /// theirs, and so the first of its kind where it is found.
    private var passedKeys: UInt64 = 0
    private var searches = 0
    private var index: MessagePackMapIndex?

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
    func find(_ key: some CodingKey) throws(MessagePackFault) -> Int? {
        var name = key.stringValue
        let number = key.intValue
        let result: Result<Int?, MessagePackFault> = name.withUTF8 { name in
            let wanted = MessagePackWantedKey(name: UnsafeRawBufferPointer(name), number: number)
            do throws(MessagePackFault) {
                return .success(try find(wanted))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func find(_ wanted: MessagePackWantedKey) throws(MessagePackFault) -> Int? {
        if let found, try wanted.matches(found.key, in: state.input) { return found.value }
        if !hasSkippedFound, let found {
            var offset = found.value
            try state.skip(at: &offset)
            next = (entry: offset, number: next.number + 1)
            passedKeys |= found.key.bit
            hasSkippedFound = true
        }
        if next.number < count {
            let entry = try readEntry(at: next.entry)
            if entry.key.bit & passedKeys == 0, try wanted.matches(entry.key, in: state.input) {
                found = entry
                hasSkippedFound = false
                return entry.value
            }
        }
        return try search(wanted)
    }

    private func search(_ wanted: MessagePackWantedKey) throws(MessagePackFault) -> Int? {
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
                    found = entry
                    hasSkippedFound = false
                }
                return entry.value
            }
            if number >= next.number { skippedKeys |= entry.key.bit }
            offset = entry.value
            try state.skip(at: &offset)
        }
        return nil
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

    private func readEntry(at offset: Int) throws(MessagePackFault) -> Entry {
        var value = offset
        let key = try MessagePackMapKey(state, at: &value)
        return Entry(key: key, value: value)
    }

    /// Up to so many entries are always searched one by one.
    private static let smallCount = 16
    private static let searchesBeforeIndex = 8
}

internal import Synchronization

/// A map that is being decoded: finds values by key.
///
/// Keys mostly come in the order in which they are asked for, so the entry after the last one found is tried first, and
/// a struct's map is walked through once. Other entries are searched for one by one, and after a few such searches in
/// a large map by an index, so that no order of keys and no number of unknown ones makes decoding slower than
/// O(n log n).
///
/// Keys are compared byte by byte. Of a key that occurs twice, the last counts: so when a map is opened its keys are
/// walked through, and one in which a key may occur twice has an index from then on. Keys that are neither strings nor
/// integers are passed over.
///
/// The memory of a map is not freed but used again for others: containers point to it without owning it, and tell by the
/// ticket whether it is still theirs. All that it knows follows from the content and from where in it the map begins.
internal struct MessagePackMap: ~Copyable {
    /// Says which map of which decoding this is, 0 if none. Containers of a decoding that is long over may compare theirs
    /// with it on another thread.
    private let ticket = Atomic<UInt64>(0)
    let session: UnsafeMutablePointer<MessagePackDecodingSession>
    /// The keys under which it stands in the value that is being decoded.
    private(set) var nesting: CodingPathNode?
    private(set) var input = MessagePackInput(UnsafeRawBufferPointer(start: nil, count: 0))
    /// Where the map begins.
    private(set) var start = -1
    /// Where the map ends, if that is known by now.
    private(set) var end: Int?
    /// How many entries the map has.
    private(set) var count = 0
    private var firstEntry = -1
    /// The entry that was found last in order: where its key and its value begin.
    private var found = (key: -1, value: -1)
    /// The entry after that, or -1 while it is not known where that is because it is not known where the value found ends.
    private var nextEntry = -1
    private var nextNumber = 0
    /// All of the keys, if they are few: one that is not among them need not be searched for.
    private var all: MessagePackKeyFilter?
    private var searches = 0
    /// If this is there from the beginning, all is found by it, and no entry is found in order.
    private var index: MessagePackMapIndex?
    private var isFoundInOrder = true

    /// Up to so many entries are always searched one by one.
    private static var smallCount: Int { 16 }
    private static var searchesBeforeIndex: Int { 8 }

    struct Entry {
        var key: MessagePackMapKey
        /// Where its value begins.
        var value: Int
    }

    init(session: UnsafeMutablePointer<MessagePackDecodingSession>) {
        self.session = session
    }

    /// Begins to read a map. If there is none, this throws and stays closed.
    mutating func open(
        _ input: MessagePackInput,
        at start: Int,
        ticket: UInt64,
        nesting: CodingPathNode?
    ) throws(MessagePackFault) {
        var offset = start
        self.count = try input.readMapHeader(at: &offset)
        self.input = input
        self.start = start
        firstEntry = offset
        found = (-1, -1)
        nextEntry = offset
        nextNumber = 0
        searches = 0
        end = count == 0 ? offset : nil
        isFoundInOrder = true
        all = nil
        if count > 1 {
            let keys = try MessagePackMapKeys(input, from: offset, count: count)
            end = keys.end
            all = keys.all
            if keys.mayRepeat {
                index = try MessagePackMapIndex(self)
                isFoundInOrder = false
                (nextEntry, nextNumber) = (-1, count)
            }
        }
        self.nesting = nesting
        self.ticket.store(ticket, ordering: .relaxed)
    }

    @inline(__always)
    func isOpen(for ticket: UInt64) -> Bool { self.ticket.load(ordering: .relaxed) == ticket }

    /// Makes the memory ready for another map.
    mutating func close() {
        ticket.store(0, ordering: .relaxed)
        if nesting != nil { nesting = nil }
        if index != nil { index = nil }
    }

    /// Tells where the value ends that was found last. That saves walking through it; it is never necessary.
    @inline(__always)
    mutating func noteEnd(of value: Int, at end: Int) {
        guard found.value == value, nextEntry < 0 else { return }
        nextEntry = end
        if nextNumber == count { self.end = end }
    }

    /// Calls `body` for every entry whose key did not occur before, in order.
    func forEachKey(
        _ body: (MessagePackMapKey) throws(MessagePackFault) -> Void
    ) throws(MessagePackFault) {
        try forEachEntry { (entry) throws(MessagePackFault) in
            if isFoundInOrder || index?.isFirst(entry, in: input) != false { try body(entry.key) }
        }
    }

    /// Calls `body` for every entry, in order.
    func forEachEntry(_ body: (Entry) throws(MessagePackFault) -> Void) throws(MessagePackFault) {
        let input = input
        var offset = firstEntry
        for _ in 0..<count {
            let entry = try Entry(input, at: offset)
            try body(entry)
            offset = entry.value
            try input.skip(at: &offset)
        }
    }
}

// MARK: - Finding

extension MessagePackMap {
    /// The offset of the value for a key, if it is in the entry found last or in the one after it.
    ///
    /// - Returns: nil if it may be elsewhere.
    @inline(__always)
    mutating func findInOrder(_ name: MessagePackKeyName) -> Int? {
        let entry = nextEntry
        guard entry >= 0, nextNumber < count, input.isString(name, at: entry) else { return findAgain(name) }
        return takeNext(name)
    }

    /// The same where it is not the next entry, or where it is not known yet where that is.
    @inline(never)
    private mutating func findAgain(_ name: MessagePackKeyName) -> Int? {
        guard isFoundInOrder else { return nil }
        if input.isString(name, at: found.key) { return found.value }
        guard nextEntry < 0, (try? skipFound()) != nil else { return nil }
        return nextNumber < count && input.isString(name, at: nextEntry) ? takeNext(name) : nil
    }

    @inline(__always)
    private mutating func takeNext(_ name: MessagePackKeyName) -> Int {
        // A string of up to 31 bytes, or `isString` had not been sure.
        let value = nextEntry + 1 + name.bytes.count
        take(key: nextEntry, value: value, number: nextNumber)
        return value
    }

    private mutating func skipFound() throws(MessagePackFault) {
        guard nextEntry < 0 else { return }
        var offset = found.value
        try input.skip(at: &offset)
        noteEnd(of: found.value, at: offset)
    }

    /// The offset of the value for a key, or nil if there is none.
    @inline(never)
    mutating func find(_ wanted: MessagePackWantedKey) throws(MessagePackFault) -> Int? {
        guard isFoundInOrder else { return try findByIndex(wanted) }
        try skipFound()
        if nextNumber < count {
            let entry = try Entry(input, at: nextEntry)
            if try wanted.matches(entry.key, in: input) {
                take(key: nextEntry, value: entry.value, number: nextNumber)
                return entry.value
            }
        }
        if let all, !all.mayContain(wanted) { return nil }
        searches += 1
        guard count <= Self.smallCount || searches <= Self.searchesBeforeIndex else {
            return try findByIndex(wanted)
        }
        // From the next entry on, and then those before it: no two match.
        var (offset, number) = (nextEntry, nextNumber)
        for _ in 0..<count {
            if number == count { (offset, number) = (firstEntry, 0) }
            let entry = try Entry(input, at: offset)
            if try wanted.matches(entry.key, in: input) {
                if number >= nextNumber { take(key: offset, value: entry.value, number: number) }
                return entry.value
            }
            offset = entry.value
            try input.skip(at: &offset)
            number += 1
        }
        return nil
    }

    /// Makes an entry the one found last.
    @inline(__always)
    private mutating func take(key: Int, value: Int, number: Int) {
        found = (key, value)
        nextEntry = -1
        nextNumber = number + 1
    }

    private mutating func findByIndex(_ wanted: MessagePackWantedKey) throws(MessagePackFault) -> Int? {
        if let index { return index.find(wanted, in: input) }
        let made = try MessagePackMapIndex(self)
        index = made
        return made.find(wanted, in: input)
    }
}

extension MessagePackMap.Entry {
    init(_ input: MessagePackInput, at offset: Int) throws(MessagePackFault) {
        var value = offset
        self.key = try MessagePackMapKey(input, at: &value)
        self.value = value
    }
}

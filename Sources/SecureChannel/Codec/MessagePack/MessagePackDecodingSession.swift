internal import Synchronization

/// What a decoder and its containers share while one content is decoded.
///
/// A decoder must not outlive the bytes that it reads, but nothing stops a type's `init(from:)` from keeping it. So nobody
/// holds on to the memory but this session: every read asks it for the input anew, and when the call that lent the bytes
/// ends, so does the decoding's number. Whoever reads later throws, as with any truncated content.
internal struct MessagePackDecodingSession: ~Copyable, CodingSession {
    /// The number of the decoding that is under way, 0 while there is none. What is left of one that is long over may
    /// compare its own with it on another thread.
    let number = Atomic<UInt32>(0)
    private var lastNumber: UInt32 = 0

    private(set) var input = MessagePackInput(UnsafeRawBufferPointer(start: nil, count: 0))
    private let extents: UnsafeMutablePointer<MessagePackExtents>
    private(set) var userInfo: [CodingUserInfoKey: any Sendable] = [:]
    /// The keys from the root to the value that is being decoded now.
    var path: [any CodingKey] = []
    /// Memory for maps, which is never freed. The first of them are those in the values that are being decoded, outer
    /// values' first.
    private var maps = RawStack<UnsafeMutablePointer<MessagePackMap>>(capacity: 16)
    private var mapCount = 0
    /// The first of the maps in the value that is being decoded now.
    private var firstMap = 0
    /// Which of them made room for the last one.
    private var lastReplaced = 0
    /// Maps that had to be closed, but that a container which was kept still reads.
    private var leftMaps: [UInt64: UnsafeMutablePointer<MessagePackMap>] = [:]
    /// The value that was read last, so that it need not be walked through once more to find its end.
    var lastRead = (start: -1, end: -1)
    let makers = KeyedContainerMakers()

    var nextIdle: IdleSession<MessagePackDecodingSession>?

    /// So many maps of one value are open at most. One is the rule, and with nested containers it could be a number that
    /// a peer chooses.
    private static var mapsPerValue: Int { 32 }

    init() {
        extents = .allocate(capacity: 1)
        extents.initialize(to: [:])
    }

    /// Whether all numbers have been used, so that what is left of old decodings could take a new one for its own.
    var isSpent: Bool { lastNumber == .max }

    /// Begins a decoding of content that has been validated.
    mutating func begin(
        _ input: MessagePackInput,
        _ extents: MessagePackExtents?,
        userInfo: [CodingUserInfoKey: any Sendable]
    ) -> UInt32 {
        self.input = input
        if let extents {
            self.extents.pointee = extents
            self.input.extents = UnsafePointer(self.extents)
        }
        if !userInfo.isEmpty { self.userInfo = userInfo }
        lastNumber &+= 1
        number.store(lastNumber, ordering: .relaxed)
        return lastNumber
    }

    mutating func finish() {
        number.store(0, ordering: .relaxed)
        closeMaps(from: 0)
        firstMap = 0
        lastRead = (-1, -1)
        if input.extents != nil { extents.pointee = [:] }
        input = MessagePackInput(UnsafeRawBufferPointer(start: nil, count: 0))
        if !userInfo.isEmpty { userInfo = [:] }
        if !path.isEmpty { path = [] }
        if !leftMaps.isEmpty { forgetLeftMaps() }
    }
}

// MARK: - Values

extension MessagePackDecodingSession {
    struct Scope {
        var outerFirstMap: Int
        var pathLength: Int
    }

    /// Begins a value that stands under these keys in the one that is being decoded. Its own key is then to be added to
    /// the path.
    mutating func enter(_ nesting: CodingPathNode?) -> Scope {
        let scope = Scope(outerFirstMap: firstMap, pathLength: path.count)
        firstMap = mapCount
        if let nesting { path += CodingPathNode.path(to: nesting) }
        return scope
    }

    /// Ends a value.
    mutating func leave(_ scope: Scope) {
        closeMaps(from: firstMap)
        firstMap = scope.outerFirstMap
        while path.count > scope.pathLength { path.removeLast() }
    }
}

// MARK: - Maps

extension MessagePackDecodingSession {
    /// Makes a map ready to be read, in the value that is being decoded now.
    mutating func openMap(
        _ session: UnsafeMutablePointer<MessagePackDecodingSession>,
        _ ticket: UInt64,
        _ nesting: CodingPathNode?
    ) throws(MessagePackFault) -> UnsafeMutablePointer<MessagePackMap> {
        let offset = Int(UInt32(truncatingIfNeeded: ticket))
        if mapCount > firstMap, nesting == nil, maps[firstMap].pointee.isOpen(for: ticket) { return maps[firstMap] }
        var place = mapCount
        if place - firstMap >= Self.mapsPerValue {
            // The first one stays: it is the value's own.
            lastReplaced = (lastReplaced + 1) % (Self.mapsPerValue - 1)
            place = firstMap + 1 + lastReplaced
            maps[place].pointee.close()
        } else if place == maps.count {
            maps.push(Self.newMap(session))
        }
        try maps[place].pointee.open(input, at: offset, ticket: ticket, nesting: nesting)
        if place == mapCount { mapCount += 1 }
        return maps[place]
    }

    /// A map that a container reads after it had to be closed.
    mutating func leftMap(
        _ session: UnsafeMutablePointer<MessagePackDecodingSession>,
        _ ticket: UInt64
    ) throws(MessagePackFault) -> UnsafeMutablePointer<MessagePackMap> {
        if let known = leftMaps[ticket] { return known }
        let map = Self.newMap(session)
        leftMaps[ticket] = map
        try map.pointee.open(input, at: Int(UInt32(truncatingIfNeeded: ticket)), ticket: ticket, nesting: nil)
        return map
    }

    private static func newMap(
        _ session: UnsafeMutablePointer<MessagePackDecodingSession>
    ) -> UnsafeMutablePointer<MessagePackMap> {
        let map = UnsafeMutablePointer<MessagePackMap>.allocate(capacity: 1)
        map.initialize(to: MessagePackMap(session: session))
        return map
    }

    private mutating func closeMaps(from first: Int) {
        while mapCount > first {
            mapCount -= 1
            let map = maps[mapCount]
            if let end = map.pointee.end { lastRead = (map.pointee.start, end) }
            map.pointee.close()
        }
    }

    private mutating func forgetLeftMaps() {
        // No container points to these.
        for map in leftMaps.values {
            map.deinitialize(count: 1)
            map.deallocate()
        }
        leftMaps = [:]
    }
}

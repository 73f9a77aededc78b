internal import Synchronization

/// Names a map that is being decoded. It owns nothing, and outlives the map safely.
internal struct MessagePackMapReference: BitwiseCopyable {
    private let map: UnsafeMutablePointer<MessagePackMap>
    /// The number of the decoding, and below it where the map begins.
    private let ticket: UInt64

    private var number: UInt32 { UInt32(truncatingIfNeeded: ticket >> 32) }
    private var offset: UInt32 { UInt32(truncatingIfNeeded: ticket) }

    init(_ decoder: MessagePackDecoder) throws(MessagePackFault) {
        guard decoder.isCurrent else { throw .truncated }
        self.ticket = UInt64(decoder.number) << 32 | UInt64(decoder.offset)
        self.map = try decoder.session.pointee.openMap(decoder.session, ticket, decoder.nesting)
    }

    struct Found {
        let map: UnsafeMutablePointer<MessagePackMap>
        /// Where the value begins.
        let value: Int
    }

    /// Where the value for a key is, or nil if there is none.
    func find(_ key: some CodingKey) throws(MessagePackFault) -> Found? {
        // Before anything is looked at, because it runs anybody's code.
        var name = key.stringValue
        if isOpen {
            let value = name.withUTF8 { map.pointee.findInOrder(MessagePackKeyName(UnsafeRawBufferPointer($0))) }
            if let value { return Found(map: map, value: value) }
        }
        return try find(name, number: key.intValue)
    }

    @inline(never)
    private func find(_ name: String, number: Int?) throws(MessagePackFault) -> Found? {
        let map = try openMap()
        var name = name
        let result: Result<Int?, MessagePackFault> = name.withUTF8 {
            let name = MessagePackKeyName(UnsafeRawBufferPointer($0))
            do throws(MessagePackFault) {
                if let value = map.pointee.findInOrder(name) { return .success(value) }
                return .success(
                    try map.pointee.find(MessagePackWantedKey(name: name, number: number.map(Int64.init)))
                )
            } catch {
                return .failure(error)
            }
        }
        return try result.get().map { Found(map: map, value: $0) }
    }

    /// Reads a value that was just found.
    @inline(__always)
    func read<Content>(
        _ found: Found,
        _ body: (MessagePackInput) -> (inout Int) throws(MessagePackFault) -> Content
    ) throws(MessagePackFault) -> Content {
        var end = found.value
        let content = try body(found.map.pointee.input)(&end)
        found.map.pointee.noteEnd(of: found.value, at: end)
        return content
    }

    func read<Content>(
        _ found: Found,
        _ type: Content.Type,
        as direct: DirectType
    ) throws(MessagePackFault) -> Content {
        var end = found.value
        let content = try found.map.pointee.input.read(type, as: direct, at: &end)
        found.map.pointee.noteEnd(of: found.value, at: end)
        return content
    }

    /// Whether a value that was just found is nil, which then counts as read.
    @inline(__always)
    func takeNull(_ found: Found) -> Bool {
        guard (try? found.map.pointee.input.byte(at: found.value)) == MessagePackFormat.null else { return false }
        found.map.pointee.noteEnd(of: found.value, at: found.value + 1)
        return true
    }

    /// Decodes a value that was just found by its own `init(from:)`.
    func decode<Content: Decodable>(_ type: Content.Type, at value: Int, _ key: some CodingKey) throws -> Content {
        let session = map.pointee.session
        let content = try decoder(at: UInt32(truncatingIfNeeded: value), nesting).value(type, under: key)
        if isOpen, session.pointee.lastRead.start == value {
            map.pointee.noteEnd(of: value, at: session.pointee.lastRead.end)
        }
        return content
    }

    func nestedDecoder(at value: Int, _ key: any CodingKey) -> MessagePackDecoder {
        decoder(at: UInt32(truncatingIfNeeded: value), CodingPathNode(key: key, parent: nesting))
    }

    func forEachKey(
        _ body: (MessagePackMapKey, MessagePackInput) throws(MessagePackFault) -> Void
    ) throws(MessagePackFault) {
        let map = try openMap()
        let input = map.pointee.input
        try map.pointee.forEachKey { (key) throws(MessagePackFault) in try body(key, input) }
    }

    var codingPath: [any CodingKey] { decoder(at: offset, nesting).codingPath }

    private var nesting: CodingPathNode? { isOpen ? map.pointee.nesting : nil }

    private func decoder(at offset: UInt32, _ nesting: CodingPathNode?) -> MessagePackDecoder {
        MessagePackDecoder(session: map.pointee.session, number: number, offset: offset, nesting: nesting)
    }

    @inline(__always)
    private var isOpen: Bool { map.pointee.isOpen(for: ticket) }

    private func openMap() throws(MessagePackFault) -> UnsafeMutablePointer<MessagePackMap> {
        if isOpen { return map }
        let session = map.pointee.session
        guard session.pointee.number.load(ordering: .relaxed) == number else { throw .truncated }
        return try session.pointee.leftMap(session, ticket)
    }
}

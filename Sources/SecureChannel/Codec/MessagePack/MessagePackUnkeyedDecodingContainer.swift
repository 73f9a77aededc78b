internal struct MessagePackUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let array: MessagePackDecoder
    private let elementCount: UInt32
    /// Where the next element begins.
    private var offset: UInt32
    private var index: UInt32 = 0

    init(_ decoder: MessagePackDecoder) throws(MessagePackFault) {
        guard decoder.isCurrent else { throw .truncated }
        var offset = Int(decoder.offset)
        self.array = decoder
        let count = try decoder.session.pointee.input.readArrayHeader(at: &offset)
        // Whoever asks for one makes an array; its elements are counted when it is known what they are.
        try decoder.session.pointee.input.takeMemory(count, of: 0)
        self.elementCount = UInt32(truncatingIfNeeded: count)
        self.offset = UInt32(truncatingIfNeeded: offset)
    }

    var codingPath: [any CodingKey] { array.codingPath }
    var count: Int? { Int(elementCount) }
    var currentIndex: Int { Int(index) }
    var isAtEnd: Bool { index >= elementCount }

    /// As `Codable` wants it: nil is passed over, anything else stays the next element.
    mutating func decodeNil() throws -> Bool {
        let next = try next(Any?.self)
        guard next.decodeNil() else { return false }
        moveOn(to: Int(offset) + 1)
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try read(MessagePackInput.readBool) }
    mutating func decode(_ type: String.Type) throws -> String { try read(MessagePackInput.readString) }
    mutating func decode(_ type: Double.Type) throws -> Double { try read(MessagePackInput.readFloatingPoint) }
    mutating func decode(_ type: Float.Type) throws -> Float { try read(MessagePackInput.readFloatingPoint) }
    mutating func decode(_ type: Int.Type) throws -> Int { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try read(MessagePackInput.readInteger) }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try read(MessagePackInput.readInteger) }

    mutating func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
        try takeMemory(for: type)
        if let direct = DirectType(type) {
            let next = try next(type)
            do throws(MessagePackFault) {
                var end = Int(offset)
                let content = try next.session.pointee.input.read(type, as: direct, at: &end)
                moveOn(to: end)
                return content
            } catch {
                throw error.decodingError(
                    type,
                    as: direct,
                    at: Int(offset),
                    in: next.session.pointee.input,
                    path: codingPath + [IndexKey(currentIndex)]
                )
            }
        }
        let next = try next(type)
        let content = try next.value(type, under: IndexKey(currentIndex))
        try moveOn(behind: next, type)
        return content
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try takeNested { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try takeNested { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try takeNested { $0 }
    }

    private mutating func takeNested<Nested>(_ body: (MessagePackDecoder) throws -> Nested) throws -> Nested {
        let next = try next(Any.self)
        let key = CodingPathNode(key: IndexKey(currentIndex), parent: array.nesting)
        let nested = try body(next.nested(at: Int(offset), key))
        try moveOn(behind: next, Any.self)
        return nested
    }

    /// Reads the next element and moves on behind it.
    @inline(__always)
    private mutating func read<Content>(
        _ body: (MessagePackInput) -> (inout Int) throws(MessagePackFault) -> Content
    ) throws -> Content {
        guard !isAtEnd else { throw atEnd(Content.self) }
        do throws(MessagePackFault) {
            guard array.isCurrent else { throw .truncated }
            var end = Int(offset)
            let content = try body(array.session.pointee.input)(&end)
            moveOn(to: end)
            return content
        } catch {
            throw report(error, Content.self)
        }
    }

    /// Counts an element of the array that is being made.
    private func takeMemory<Content>(for type: Content.Type) throws {
        guard array.isCurrent, let memory = array.session.pointee.input.memory,
            !memory.pointee.takeElement(of: MemoryLayout<Content>.stride)
        else { return }
        throw report(.tooMuchMemory(limit: memory.pointee.limit), type)
    }

    /// Where the next element is to be decoded.
    private func next(_ type: Any.Type) throws -> MessagePackDecoder {
        guard !isAtEnd else { throw atEnd(type) }
        guard array.isCurrent else { throw report(.truncated, type) }
        return array.nested(at: Int(offset), array.nesting)
    }

    private mutating func moveOn(behind element: MessagePackDecoder, _ type: Any.Type) throws {
        do {
            moveOn(to: try element.end())
        } catch {
            throw report(error, type)
        }
    }

    @inline(__always)
    private mutating func moveOn(to end: Int) {
        offset = UInt32(truncatingIfNeeded: end)
        index += 1
        if isAtEnd { array.session.pointee.lastRead = (Int(array.offset), end) }
    }

    @inline(never)
    private func atEnd(_ type: Any.Type) -> DecodingError {
        .valueNotFound(
            type,
            .init(
                codingPath: codingPath + [IndexKey(currentIndex)],
                debugDescription: "the array has no more elements"
            )
        )
    }

    @inline(never)
    private func report(_ fault: MessagePackFault, _ type: Any.Type) -> DecodingError {
        fault.decodingError(type, path: codingPath + [IndexKey(currentIndex)])
    }
}

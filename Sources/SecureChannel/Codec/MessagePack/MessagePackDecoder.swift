internal import Synchronization

/// Where one value is decoded.
internal struct MessagePackDecoder: Decoder {
    let session: UnsafeMutablePointer<MessagePackDecodingSession>
    /// The decoding's, by which it is known whether that is still under way.
    let number: UInt32
    /// Where the value begins; content has less than 4 GiB.
    let offset: UInt32
    let nesting: CodingPathNode?

    /// Decodes the whole content, which has been validated.
    static func decode<Content: Decodable>(
        _ type: Content.Type,
        from input: MessagePackInput,
        _ extents: MessagePackExtents?,
        userInfo: [CodingUserInfoKey: any Sendable]
    ) throws -> Content {
        let session = MessagePackDecodingSession.take()
        let number = session.pointer.pointee.begin(input, extents, userInfo: userInfo)
        defer {
            session.pointer.pointee.finish()
            MessagePackDecodingSession.giveBack(session)
        }
        return try Content(
            from: MessagePackDecoder(session: session.pointer, number: number, offset: 0, nesting: nil)
        )
    }

    /// Whether the decoding is still under way. It is asked before anything of the session is looked at.
    @inline(__always)
    var isCurrent: Bool { session.pointee.number.load(ordering: .relaxed) == number }

    var codingPath: [any CodingKey] {
        isCurrent ? session.pointee.path + CodingPathNode.path(to: nesting) : []
    }

    var userInfo: [CodingUserInfoKey: Any] {
        guard isCurrent else { return [:] }
        return session.pointee.userInfo
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        do {
            let map = try MessagePackMapReference(self)
            if let maker = session.pointee.makers.maker(for: type) { return maker.container(map) }
            return KeyedDecodingContainer(MessagePackKeyedDecodingContainer(map: map))
        } catch {
            throw error.decodingError([String: Any].self, path: codingPath)
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        do {
            return try MessagePackUnkeyedDecodingContainer(self)
        } catch {
            throw error.decodingError([Any].self, path: codingPath)
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension MessagePackDecoder {
    /// The same decoding at another place.
    func nested(at offset: Int, _ nesting: CodingPathNode?) -> MessagePackDecoder {
        MessagePackDecoder(
            session: session,
            number: number,
            offset: UInt32(truncatingIfNeeded: offset),
            nesting: nesting
        )
    }

    /// Decodes the value here by its own `init(from:)`.
    ///
    /// - Parameter key: under which it stands in what is being decoded.
    func value<Content: Decodable>(_ type: Content.Type, under key: some CodingKey) throws -> Content {
        let scope = session.pointee.enter(nesting)
        session.pointee.path.append(key)
        defer { session.pointee.leave(scope) }
        return try Content(from: nested(at: Int(offset), nil))
    }

    /// The same where what is being decoded is the value itself.
    func value<Content: Decodable>(_ type: Content.Type) throws -> Content {
        let scope = session.pointee.enter(nesting)
        defer { session.pointee.leave(scope) }
        return try Content(from: nested(at: Int(offset), nil))
    }

    /// Where the value here ends, which has just been read.
    func end() throws(MessagePackFault) -> Int {
        if session.pointee.lastRead.start == Int(offset) { return session.pointee.lastRead.end }
        var end = Int(offset)
        try session.pointee.input.skip(at: &end)
        return end
    }
}

extension MessagePackDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool {
        isCurrent && (try? session.pointee.input.byte(at: Int(offset))) == MessagePackFormat.null
    }

    func decode(_ type: Bool.Type) throws -> Bool { try read(MessagePackInput.readBool) }
    func decode(_ type: String.Type) throws -> String { try read(MessagePackInput.readString) }
    func decode(_ type: Double.Type) throws -> Double { try read(MessagePackInput.readFloatingPoint) }
    func decode(_ type: Float.Type) throws -> Float { try read(MessagePackInput.readFloatingPoint) }
    func decode(_ type: Int.Type) throws -> Int { try read(MessagePackInput.readInteger) }
    func decode(_ type: Int8.Type) throws -> Int8 { try read(MessagePackInput.readInteger) }
    func decode(_ type: Int16.Type) throws -> Int16 { try read(MessagePackInput.readInteger) }
    func decode(_ type: Int32.Type) throws -> Int32 { try read(MessagePackInput.readInteger) }
    func decode(_ type: Int64.Type) throws -> Int64 { try read(MessagePackInput.readInteger) }
    func decode(_ type: UInt.Type) throws -> UInt { try read(MessagePackInput.readInteger) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try read(MessagePackInput.readInteger) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try read(MessagePackInput.readInteger) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try read(MessagePackInput.readInteger) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try read(MessagePackInput.readInteger) }
    func decode(_ type: Int128.Type) throws -> Int128 { try read(MessagePackInput.readInteger) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try read(MessagePackInput.readInteger) }

    func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
        if let direct = DirectType(type) {
            do throws(MessagePackFault) {
                guard isCurrent else { throw .truncated }
                var end = Int(offset)
                let content = try session.pointee.input.read(type, as: direct, at: &end)
                session.pointee.lastRead = (Int(offset), end)
                return content
            } catch {
                guard isCurrent else { throw error.decodingError(type, path: []) }
                let input = session.pointee.input
                throw error.decodingError(type, as: direct, at: Int(offset), in: input, path: codingPath)
            }
        }
        guard isCurrent else { throw MessagePackFault.truncated.decodingError(type, path: []) }
        return try value(type)
    }

    @inline(__always)
    private func read<Content>(
        _ body: (MessagePackInput) -> (inout Int) throws(MessagePackFault) -> Content
    ) throws -> Content {
        do throws(MessagePackFault) {
            guard isCurrent else { throw .truncated }
            var end = Int(offset)
            let content = try body(session.pointee.input)(&end)
            session.pointee.lastRead = (Int(offset), end)
            return content
        } catch {
            throw error.decodingError(Content.self, path: codingPath)
        }
    }
}

/// What the decoder and its containers share while one content is decoded.
///
/// A decoder must not outlive the bytes that it reads, but nothing stops a type's `init(from:)` from keeping it. So nobody
/// holds on to the memory but this object: every read asks it for the input anew, and when the call that lent the bytes
/// ends, `close()` takes them away. Whoever reads later finds an empty input, which is a thrown error like any truncated
/// content. (Decoders are not `Sendable`, so no read can be under way on another thread meanwhile.)
internal final class MessagePackDecodingState {
    private(set) var input: MessagePackInput
    let extents: MessagePackExtents
    let userInfo: [CodingUserInfoKey: any Sendable]
    /// The keys from the root to the value that is being decoded now.
    var path: [any CodingKey] = []

    init(input: MessagePackInput, extents: MessagePackExtents, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.input = input
        self.extents = extents
        self.userInfo = userInfo
    }

    func close() {
        input = MessagePackInput(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// Decodes the value at an offset of the input.
    @inline(__always)
    func decode<Content: Decodable>(
        _ type: Content.Type,
        at offset: Int,
        nesting: CodingPathNode?,
        key: (any CodingKey)?
    ) throws -> Content {
        if let key { path.append(key) }
        defer { if key != nil { path.removeLast() } }
        return try Content(from: MessagePackDecoder(state: self, offset: offset, nesting: nesting))
    }

    func skip(at offset: inout Int) throws(MessagePackFault) {
        try input.skip(at: &offset, extents)
    }
}

/// Keys below the value that is being decoded, as far as nested containers have gone down in it.
internal final class CodingPathNode {
    let key: any CodingKey
    let parent: CodingPathNode?

    init(key: any CodingKey, parent: CodingPathNode?) {
        self.key = key
        self.parent = parent
    }

    static func path(to node: CodingPathNode?) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var node = node
        while let current = node {
            path.append(current.key)
            node = current.parent
        }
        return path.reversed()
    }
}

/// Where one value is decoded.
internal struct MessagePackDecoder: Decoder {
    let state: MessagePackDecodingState
    let offset: Int
    let nesting: CodingPathNode?

    var codingPath: [any CodingKey] { state.path + CodingPathNode.path(to: nesting) }
    var userInfo: [CodingUserInfoKey: Any] { state.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        do {
            let map = try MessagePackMap(state, at: offset)
            return KeyedDecodingContainer(MessagePackKeyedDecodingContainer(map: map, nesting: nesting))
        } catch {
            throw error.decodingError([String: Any].self, path: codingPath)
        }
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        do {
            return try MessagePackUnkeyedDecodingContainer(state: state, at: offset, nesting: nesting)
        } catch {
            throw error.decodingError([Any].self, path: codingPath)
        }
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension MessagePackDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool {
        (try? state.input.byte(at: offset)) == MessagePackFormat.null
    }

    func decode(_ type: Bool.Type) throws -> Bool { try read(type) { try $0.readBool(at: &$1) } }
    func decode(_ type: String.Type) throws -> String { try read(type) { try $0.readString(at: &$1) } }
    func decode(_ type: Double.Type) throws -> Double { try read(type) { try $0.readFloatingPoint(type, at: &$1) } }
    func decode(_ type: Float.Type) throws -> Float { try read(type) { try $0.readFloatingPoint(type, at: &$1) } }
    func decode(_ type: Int.Type) throws -> Int { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: Int8.Type) throws -> Int8 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: Int16.Type) throws -> Int16 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: Int32.Type) throws -> Int32 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: Int64.Type) throws -> Int64 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: UInt.Type) throws -> UInt { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try read(type) { try $0.readInteger(type, at: &$1) } }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try read(type) { try $0.readInteger(type, at: &$1) } }

    func decode<Content: Decodable>(_ type: Content.Type) throws -> Content {
        if let direct = DirectType(type) { return try read(type) { try $0.read(type, as: direct, at: &$1) } }
        return try state.decode(type, at: offset, nesting: nesting, key: nil)
    }

    @inline(__always)
    private func read<Content>(
        _ type: Any.Type,
        _ body: (MessagePackInput, inout Int) throws -> Content
    ) throws -> Content {
        var offset = offset
        do {
            return try body(state.input, &offset)
        } catch let fault as MessagePackFault {
            throw fault.decodingError(type, path: codingPath)
        }
    }
}

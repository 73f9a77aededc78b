/// What the encoder and its containers share while one content is encoded.
///
/// The assembly is reached through a pointer and not as a class's property, because each access to that would be checked
/// at run time for overlapping accesses. There are none: its methods never call out.
internal final class MessagePackEncodingState {
    let assembly: UnsafeMutablePointer<MessagePackAssembly>
    let userInfo: [CodingUserInfoKey: any Sendable]

    init(output: RawOutput, maximumDepth: Int, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.userInfo = userInfo
        self.assembly = .allocate(capacity: 1)
        self.assembly.initialize(to: MessagePackAssembly(output: output, maximumDepth: maximumDepth))
    }

    deinit {
        assembly.deinitialize(count: 1)
        assembly.deallocate()
    }

    /// Encodes the whole content.
    ///
    /// Afterwards the assembly has no frames, so that whatever encoders and containers survived can write nothing more:
    /// the room that the output was given is no longer theirs.
    static func encode(_ content: some Encodable, into output: inout RawOutput, for codec: MessagePackCodec) throws {
        let state = MessagePackEncodingState(
            output: output,
            maximumDepth: codec.maximumDepth,
            userInfo: codec.userInfo
        )
        defer {
            state.assembly.pointee.abandonFrames()
            output = state.assembly.pointee.output
        }
        try state.encode(content, in: .none, key: nil)
    }

    /// Encodes a value at the output's end.
    @inline(__always)
    func encode<Content: Encodable>(
        _ value: Content,
        in parent: MessagePackAssembly.Reference,
        key: (any CodingKey)?
    ) throws {
        if let direct = DirectType(Content.self) {
            let depth = assembly.pointee.remainingDepth(in: parent)
            return try assembly.pointee.output.append(value, as: direct, depth: depth)
        }
        let scope = assembly.pointee.enter(parent: parent, key: key, type: Content.self)
        try value.encode(to: MessagePackEncoder(state: self, frame: scope.frame))
        do {
            try assembly.pointee.leave(scope)
        } catch {
            throw error.encodingError(
                Content.self,
                path: assembly.pointee.codingPath(of: parent) + (key.map { [$0] } ?? [])
            )
        }
    }

}

/// Where one value is encoded.
internal struct MessagePackEncoder: Encoder {
    let state: MessagePackEncodingState
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { state.assembly.pointee.codingPath(of: frame) }
    var userInfo: [CodingUserInfoKey: Any] { state.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        state.assembly.pointee.become(.map, frame)
        return KeyedEncodingContainer(MessagePackKeyedEncodingContainer(state: state, frame: frame))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        state.assembly.pointee.become(.array, frame)
        return MessagePackUnkeyedEncodingContainer(state: state, frame: frame)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        MessagePackSingleValueEncodingContainer(state: state, frame: frame)
    }
}

internal struct MessagePackSingleValueEncodingContainer: SingleValueEncodingContainer {
    let state: MessagePackEncodingState
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { state.assembly.pointee.codingPath(of: frame) }

    mutating func encodeNil() throws { try write(Any?.self) { $0.appendNull() } }
    mutating func encode(_ value: Bool) throws { try write(type(of: value)) { $0.append(bool: value) } }
    mutating func encode(_ value: String) throws {
        try write(type(of: value)) { try $0.append(string: value) }
    }
    mutating func encode(_ value: Double) throws { try write(type(of: value)) { $0.append(double: value) } }
    mutating func encode(_ value: Float) throws { try write(type(of: value)) { $0.append(float: value) } }
    mutating func encode(_ value: Int) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int8) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int16) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int32) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: Int64) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt8) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt16) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt32) throws { try write(type(of: value)) { $0.append(integer: value) } }
    mutating func encode(_ value: UInt64) throws { try write(type(of: value)) { $0.append(integer: value) } }

    mutating func encode<Content: Encodable>(_ value: Content) throws {
        let element = try begin(Content.self)
        do {
            try state.encode(value, in: frame, key: nil)
            try state.assembly.pointee.endSingle(element)
        } catch {
            state.assembly.pointee.cancelSingle(element)
            throw report(error, Content.self)
        }
    }

    @inline(__always)
    private func write(_ type: Any.Type, _ body: (inout RawOutput) throws -> Void) throws {
        let element = try begin(type)
        do {
            try body(&state.assembly.pointee.output)
            try state.assembly.pointee.endSingle(element)
        } catch {
            state.assembly.pointee.cancelSingle(element)
            throw report(error, type)
        }
    }

    private func begin(_ type: Any.Type) throws -> MessagePackAssembly.Element {
        do {
            return try state.assembly.pointee.beginSingle(in: frame)
        } catch {
            throw report(error, type)
        }
    }

    private func report(_ error: any Error, _ type: Any.Type) -> any Error {
        (error as? MessagePackFault)?.encodingError(type, path: codingPath) ?? error
    }
}

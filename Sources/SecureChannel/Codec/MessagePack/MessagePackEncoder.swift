/// Where one value is encoded.
internal struct MessagePackEncoder: Encoder {
    let frame: MessagePackAssembly.Reference

    var codingPath: [any CodingKey] { frame.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { frame.userInfo }

    /// Encodes a whole content, of a type that is not a ``DirectType``.
    static func encode<Content: Encodable>(
        _ content: Content,
        into output: inout RawOutput,
        for codec: MessagePackCodec
    ) throws {
        let session = MessagePackAssembly.take()
        let assembly = session.pointer
        assembly.pointee.begin(output: output, maximumDepth: codec.maximumDepth, userInfo: codec.userInfo)
        defer {
            output = assembly.pointee.finish()
            MessagePackAssembly.giveBack(session)
        }
        let scope = assembly.pointee.enter(assembly, parent: -1, type: Content.self)
        try content.encode(to: MessagePackEncoder(frame: scope.frame))
        do throws(MessagePackFault) {
            try assembly.pointee.leave(scope)
        } catch {
            throw error.encodingError(Content.self, path: [])
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if frame.isCurrent {
            frame.assembly.pointee.become(.map, frame)
            if let maker = frame.assembly.pointee.makers.maker(for: type) { return maker.container(frame) }
        }
        return KeyedEncodingContainer(MessagePackKeyedEncodingContainer(frame: frame))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if frame.isCurrent { frame.assembly.pointee.become(.array, frame) }
        return MessagePackUnkeyedEncodingContainer(frame: frame)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        MessagePackSingleValueEncodingContainer(frame: frame)
    }
}

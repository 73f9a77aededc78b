internal import NIOCore

/// What the second element of `[type, id, content]` follows from.
enum MessageKind: UInt8 {
    case request, result, failure
}

/// A message of our wire: MessagePack's `[type, id, content]`, behind a length of four bytes.
struct Message {
    let kind: MessageKind
    let id: UInt64
    /// The id and the content, as they came: a reply sends them back unchanged.
    let idAndContent: ByteBuffer
    fileprivate let contentOffset: Int

    /// What the payload of a frame may hold at most.
    static let payloadLimit = 64 << 20

    /// The content, if it is MessagePack's bin.
    var binary: ByteBuffer? {
        var content = idAndContent
        content.moveReaderIndex(forwardBy: contentOffset)
        let length: Int? =
            switch content.readInteger(as: UInt8.self) {
            case 0xc4: content.readInteger(as: UInt8.self).map { Int($0) }
            case 0xc5: content.readInteger(as: UInt16.self).map { Int($0) }
            case 0xc6: content.readInteger(as: UInt32.self).map { Int($0) }
            default: nil
            }
        return length == content.readableBytes ? content : nil
    }

    /// The content as text for a person, whatever it is; a peer's, and therefore escaped and cut.
    var excerpt: String {
        let bytes = idAndContent.readableBytesView.dropFirst(contentOffset).prefix(200)
        return bytes.map { UnicodeScalar($0).escaped(asASCII: true) }.joined()
    }
}

/// What is not a message of our wire.
struct InvalidMessage: Error, CustomStringConvertible {
    let description: String
}

/// Cuts the bytes of a connection into messages, without copying them.
struct MessageDecoder: NIOSingleStepByteToMessageDecoder {
    private static let prefixLength = 4

    mutating func decode(buffer: inout ByteBuffer) throws -> Message? {
        guard let prefix = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        let length = Int(prefix)
        guard length > 0, length <= Message.payloadLimit else {
            throw InvalidMessage(description: "a frame has a length of \(length)")
        }
        let missing = Self.prefixLength + length - buffer.readableBytes
        guard missing <= 0 else {
            // Room for all that is missing, so that a large frame is not copied at every step of its growth; but not for
            // much more than has come, if it claims to be huge.
            buffer.reserveCapacity(minimumWritableBytes: min(missing, max(1 << 20, buffer.readableBytes)))
            return nil
        }
        buffer.moveReaderIndex(forwardBy: Self.prefixLength)
        guard let payload = buffer.readSlice(length: length), let message = Self.message(in: payload) else {
            throw InvalidMessage(description: "a frame holds no message")
        }
        return message
    }

    mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> Message? {
        try decode(buffer: &buffer)
    }

    private static func message(in payload: ByteBuffer) -> Message? {
        var payload = payload
        guard payload.readInteger(as: UInt8.self) == 0x93,  // an array of three
            let kind = payload.readInteger(as: UInt8.self).flatMap(MessageKind.init)
        else { return nil }
        var content = payload
        guard let id = content.readMessagePackUnsigned(), content.readableBytes > 0 else { return nil }
        let contentOffset = payload.readableBytes - content.readableBytes
        return Message(kind: kind, id: id, idAndContent: payload, contentOffset: contentOffset)
    }
}

extension ByteBuffer {
    /// MessagePack's unsigned integer of any width.
    fileprivate mutating func readMessagePackUnsigned() -> UInt64? {
        switch readInteger(as: UInt8.self) {
        case let small? where small < 0x80: UInt64(small)
        case 0xcc: readInteger(as: UInt8.self).map { UInt64($0) }
        case 0xcd: readInteger(as: UInt16.self).map { UInt64($0) }
        case 0xce: readInteger(as: UInt32.self).map { UInt64($0) }
        case 0xcf: readInteger(as: UInt64.self)
        default: nil
        }
    }
}

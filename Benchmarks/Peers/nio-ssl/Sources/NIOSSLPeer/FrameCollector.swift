internal import NIOCore

/// Frames that leave together, joined: NIOSSL makes a TLS record of every buffer that is written, and records are dear.
struct FrameCollector {
    private var frames = ByteBuffer()

    // What fills a record of its own is not worth copying.
    private static let copyLimit = 16 << 10

    /// A reply with the id and the content of its request.
    mutating func appendResult(of request: Message, to context: ChannelHandlerContext) {
        appendHead(.result, following: request.idAndContent.readableBytes)
        append(request.idAndContent, to: context)
    }

    /// A request with binary content.
    mutating func appendRequest(id: UInt32, content: ByteBuffer, to context: ChannelHandlerContext) {
        let length = content.readableBytes
        let widthOfLength = length <= UInt8.max ? 1 : length <= UInt16.max ? 2 : 4
        appendHead(.request, following: 5 + 1 + widthOfLength + length)
        frames.writeMultipleIntegers(UInt8(0xce), id)
        switch widthOfLength {
        case 1: frames.writeMultipleIntegers(UInt8(0xc4), UInt8(length))
        case 2: frames.writeMultipleIntegers(UInt8(0xc5), UInt16(length))
        default: frames.writeMultipleIntegers(UInt8(0xc6), UInt32(length))
        }
        append(content, to: context)
    }

    /// Sends what was collected.
    mutating func flush(_ context: ChannelHandlerContext) {
        writeJoined(context)
        context.flush()
    }

    private mutating func appendHead(_ kind: MessageKind, following length: Int) {
        frames.writeMultipleIntegers(UInt32(2 + length), UInt8(0x93), kind.rawValue)
    }

    private mutating func append(_ bytes: ByteBuffer, to context: ChannelHandlerContext) {
        if bytes.readableBytes <= Self.copyLimit {
            frames.writeImmutableBuffer(bytes)
        } else {
            writeJoined(context)
            context.write(NIOAny(bytes), promise: nil)
        }
    }

    private mutating func writeJoined(_ context: ChannelHandlerContext) {
        guard frames.readableBytes > 0 else { return }
        context.write(NIOAny(frames), promise: nil)
        // Keeps its memory, if NIOSSL has let go of it by then.
        frames.clear()
    }
}

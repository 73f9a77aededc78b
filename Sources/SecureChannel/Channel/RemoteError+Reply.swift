internal import NIOCore

extension RemoteError {
    /// The failure that `reply` is. Its message is the content if that is a text, else the content as it is printed.
    init(_ reply: Reply, from origin: String, codec: any Codec) {
        let content = EncodedFailure(reply, codec)
        let text = content.text
        self.init(origin: origin, message: text, wasNotBegun: RefusalText.contains(text), content: content)
    }
}

/// What the other side said of its failure, still encoded.
final class EncodedFailure: FailureContent {
    private let payload: ByteBuffer
    private let range: Range<Int>
    private let codec: any Codec

    /// In memory of its own size: an error may be kept for long, and a small reply is a part of a large read.
    init(_ reply: Reply, _ codec: any Codec) {
        self.payload = reply.payload.compacted
        self.range = reply.content
        self.codec = codec
    }

    func decode<Content: Decodable>(as type: Content.Type) throws -> Content {
        let payload = payload
        return try codec.decode(type, from: payload.readableBytesSpan.extracting(range))
    }

    var text: String {
        if let text = try? decode(as: String.self) { return text }
        if let value = try? decode(as: Value.self) { return "\(value)" }
        return "(a failure whose content could not be read)"
    }
}

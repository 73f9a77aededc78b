/// Turns messages into bytes and back: how the triple `[type, id, content]` is written.
///
/// ``MessagePackCodec`` (the default) and ``JSONCodec`` are built in; conform a type of your own for another format. Both
/// ends of a channel must use the same codec: nothing on the wire names it.
///
/// A codec is asked for the head and for the content apart, because the id is only known when a request is sent, and
/// because content is decoded late, into the type that the caller names.
///
/// Every method may be called from any thread, and while others of the same value run. What comes from the peer may be
/// anything: a codec must throw, never trap, and bound its depth.
public protocol Codec: Sendable {
    /// Appends a message's head: everything of the payload that stands before the content.
    func encode(_ head: MessageHead, into writer: inout MessageWriter)

    /// Appends `content`.
    ///
    /// - Throws: any error, when `content` cannot be written in this format; what was appended is thrown away.
    func encode<Content: Encodable>(_ content: Content, into writer: inout MessageWriter) throws

    /// About how many bytes `content` will take, if it may be large and that is known at once; 0 by default. Room is made
    /// for them, so that they need not be moved.
    func sizeHint<Content: Encodable>(for content: Content) -> Int

    /// Appends what stands after the content; nothing by default.
    func encodeTail(into writer: inout MessageWriter)

    /// Reads a payload's head and finds its content, without decoding that.
    ///
    /// - Returns: the head, and the offsets of the content's bytes in `payload`.
    /// - Throws: any error, when the payload is not an array of three with a known type and an unsigned id. The channel
    ///   is then closed. A fault inside the content should be left for ``decode(_:from:)`` to find: it fails one message.
    func decodeHead(from payload: RawSpan) throws -> (head: MessageHead, content: Range<Int>)

    /// Decodes content.
    ///
    /// - Throws: any error, when the bytes are not exactly one `Content`.
    func decode<Content: Decodable>(_ type: Content.Type, from content: RawSpan) throws -> Content
}

extension Codec {
    /// Not known.
    public func sizeHint<Content: Encodable>(for content: Content) -> Int { 0 }

    /// Appends nothing.
    public func encodeTail(into writer: inout MessageWriter) {}
}

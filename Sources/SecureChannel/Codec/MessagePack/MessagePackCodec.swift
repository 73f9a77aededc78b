/// MessagePack, the default codec: compact, fast, and spoken by every language
/// (https://github.com/msgpack/msgpack/blob/master/spec.md).
///
/// How Swift's types are written, always in the shortest form:
/// - Integers as integers, of up to 64 bits: a larger `Int128` or `UInt128` is an error. They are read from any width, into
///   any integer type that can hold them.
/// - `Double` and `Float` as 64 and 32 bits. They are also read from one another, and from integers: rounded, but never to
///   infinity.
/// - `String` as str. Text that is not UTF-8 is an error.
/// - `Data` and `[UInt8]` as bin. They are also read from str, which is what older implementations
///   write, and from arrays of integers.
/// - `Date` as a timestamp (extension type -1), to the nanosecond. It is also read from a number of seconds since 1970.
/// - `URL` as str; all else as its `Codable` conformance says: structs and classes as maps.
/// - ``Value`` as what it holds.
///
/// A key is written as an integer if its `CodingKey` has one (a dictionary's key if it is an `Int`), else as a string; it is
/// found under either. Of a key that occurs twice, the last counts. Keys of other kinds are only seen by ``Value``.
///
/// Content that is nested too deep, that claims more elements or bytes than it has, or that is followed by anything, is
/// an error before memory is used for it.
public struct MessagePackCodec: Codec {
    /// How deep arrays and maps may be nested in content, when writing and when reading; 128 by default. The larger it is,
    /// the more stack a hostile peer can make a reader use.
    public var maximumDepth: Int

    /// How many bytes of memory one decoding may take for values, arrays, their strings and bytes, in bytes; 128 MiB by
    /// default. A small message can become a large value: 16 MiB of nested arrays would take 800 MiB. What the
    /// `init(from:)` of other types takes is not known, and not counted.
    public var maximumMemory: Int

    /// What `encode(to:)` and `init(from:)` find as their coder's `userInfo`; empty by default.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// A codec with these limits; ``Codec/messagePack`` has the defaults.
    public init(maximumDepth: Int = 128, maximumMemory: Int = 128 << 20) {
        self.maximumDepth = maximumDepth
        self.maximumMemory = maximumMemory
    }

    public func encode(_ head: MessageHead, into writer: inout MessageWriter) {
        writer.withOutput { output in
            output.append(MessagePackFormat.fixArray | 3)
            output.append(head.kind.rawValue)
            output.append(integer: head.id)
        }
    }

    public func sizeHint<Content: Encodable>(for content: Content) -> Int {
        DirectType(Content.self).map { RawOutput.size(of: content, as: $0) } ?? 0
    }

    public func encode<Content: Encodable>(_ content: Content, into writer: inout MessageWriter) throws {
        try writer.withOutput { output in
            do throws(MessagePackFault) {
                if let direct = DirectType(Content.self) {
                    return try output.append(content, as: direct, depth: maximumDepth)
                }
            } catch {
                throw error.encodingError(Content.self, path: [])
            }
            try MessagePackEncoder.encode(content, into: &output, for: self)
        }
    }

    public func decodeHead(from payload: RawSpan) throws -> (head: MessageHead, content: Range<Int>) {
        try payload.withUnsafeBytes { bytes in
            do throws(MessagePackFault) {
                var offset = 0
                let head = try MessagePackInput(bytes).readHead(at: &offset)
                return (head, offset..<bytes.count)
            } catch {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: [],
                        debugDescription:
                            "a message has to be an array of a type (0, 1 or 2), an unsigned id and content"
                    )
                )
            }
        }
    }

    public func decode<Content: Decodable>(_ type: Content.Type, from content: RawSpan) throws -> Content {
        try content.withUnsafeBytes { bytes in
            var memory = DecodingMemory(limit: maximumMemory)
            return try withUnsafeMutablePointer(to: &memory) { memory in
                var input = MessagePackInput(bytes)
                input.memory = memory
                let extents: MessagePackExtents?
                do throws(MessagePackFault) {
                    extents = try input.validate(maximumDepth: maximumDepth)
                } catch {
                    throw error.decodingError(type, path: [])
                }
                if let direct = DirectType(type) {
                    do throws(MessagePackFault) {
                        var offset = 0
                        return try input.read(type, as: direct, at: &offset)
                    } catch {
                        throw error.decodingError(type, as: direct, at: 0, in: input, path: [])
                    }
                }
                return try MessagePackDecoder.decode(type, from: input, extents, userInfo: userInfo)
            }
        }
    }
}

extension Codec where Self == MessagePackCodec {
    /// MessagePack, the default; see ``MessagePackCodec``.
    public static var messagePack: MessagePackCodec { MessagePackCodec() }
}

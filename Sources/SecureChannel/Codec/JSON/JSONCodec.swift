/// JSON, byte for byte as Python's `json.dumps` writes it and as lenient as `json.loads` reads it: what `aiomas` speaks.
///
/// How Swift's types are written:
/// - `Data` and `[UInt8]` as base64 strings (also read from arrays of integers).
/// - Integers with all their digits, `Int128` and `UInt128` too.
/// - `Date` as seconds since 1970, which is what Python's `time.time()` gives; with 18 digits or more where a `Double` would
///   lose the date's last bit.
/// - `URL` as a string; all else as its `Codable` conformance says, with keys as strings.
/// - ``Value`` as what it holds: a timestamp as seconds, keys that are not strings as Python has them (`1` as `"1"`). An
///   extension, and a key that Python refuses, is an error.
/// - Numbers that are not finite are an error, unless ``allowsNonFinite`` is set: RFC 8259 has no way to write them.
///
/// Read are also `NaN`, `Infinity` and `-Infinity`. A floating point number is read from integers of any length too, rounded
/// as JavaScript does it; ``Value/number(_:)`` keeps the digits that are lost so. Halves of surrogate pairs, and content
/// nested too deep, are errors. Of a key that occurs twice, the last counts.
public struct JSONCodec: Codec {
    /// How deep arrays and objects may be nested in content, when writing and when reading; 128 by default. The larger it
    /// is, the more stack a hostile peer can make a reader use.
    public var maximumDepth: Int

    /// How many bytes of memory one decoding may take for values, their strings and bytes, of which everything else is
    /// then made, in bytes; 128 MiB by default. A small message can become a large value.
    public var maximumMemory: Int

    /// Whether NaN and the infinities may be written, as the bare words that Python writes; false by default.
    public var allowsNonFinite: Bool

    /// What `encode(to:)` and `init(from:)` find as their coder's `userInfo`; empty by default.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// A codec with these limits; ``Codec/json`` has the defaults.
    public init(maximumDepth: Int = 128, maximumMemory: Int = 128 << 20, allowsNonFinite: Bool = false) {
        self.maximumDepth = maximumDepth
        self.maximumMemory = maximumMemory
        self.allowsNonFinite = allowsNonFinite
    }

    public func encode(_ head: MessageHead, into writer: inout MessageWriter) {
        writer.withOutput { $0.append(ascii: "[\(head.kind.rawValue), \(head.id), ") }
    }

    public func encode<Content: Encodable>(_ content: Content, into writer: inout MessageWriter) throws {
        let value =
            try content as? Value
            ?? ValueEncoder.encode(
                content,
                style: .json,
                maximumDepth: maximumDepth,
                allowsNonFinite: allowsNonFinite,
                userInfo: userInfo
            )
        try writer.withOutput { output in
            let writer = JSONWriter(allowsNonFinite: allowsNonFinite, maximumDepth: maximumDepth)
            do throws(JSONWriter.Fault) {
                try writer.write(value, into: &output)
            } catch {
                throw writer.error(in: value, at: [])
                    ?? .invalidValue(value.kind, .init(codingPath: [], debugDescription: error.description))
            }
        }
    }

    public func encodeTail(into writer: inout MessageWriter) {
        writer.append(UInt8(ascii: "]"))
    }

    public func decodeHead(from payload: RawSpan) throws -> (head: MessageHead, content: Range<Int>) {
        try payload.withUnsafeBytes { bytes in
            do throws(JSONFault) {
                return try JSONHeadReader.read(bytes)
            } catch {
                throw error.decodingError
            }
        }
    }

    public func decode<Content: Decodable>(_ type: Content.Type, from content: RawSpan) throws -> Content {
        let value = try content.withUnsafeBytes { bytes in
            do throws(JSONFault) {
                return try JSONReader.read(bytes, maximumDepth: maximumDepth, maximumMemory: maximumMemory)
            } catch {
                throw error.decodingError
            }
        }
        return try ValueDecoder(value: value, codingPath: [], style: .json, settings: userInfo).content(type)
    }
}

extension Codec where Self == JSONCodec {
    /// JSON as `aiomas` speaks it; see ``JSONCodec``.
    public static var json: JSONCodec { JSONCodec() }
}

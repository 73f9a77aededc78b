extension Value {
    /// Reads JSON text, as ``JSONCodec`` does.
    ///
    /// - Parameters:
    ///   - text: one JSON value, and nothing else but white space.
    ///   - maximumDepth: how deep arrays and objects may be nested; 128 by default.
    /// - Throws: `DecodingError` if the text is not exactly one JSON value, with the offset where it went wrong.
    public init(json text: String, maximumDepth: Int = 128) throws {
        var text = text
        self = try text.withUTF8 { utf8 in
            do throws(JSONFault) {
                return try JSONReader.read(
                    UnsafeRawBufferPointer(utf8),
                    maximumDepth: maximumDepth,
                    maximumMemory: .max
                )
            } catch {
                throw error.decodingError
            }
        }
    }

    /// This value as JSON text on one line, as Python's `json.dumps` writes it; ASCII only.
    ///
    /// It always succeeds, so what JSON cannot tell apart is lost: binary becomes a base64 string, a timestamp seconds since
    /// 1970, an extension an object of its type and its data, a key that is not a string the JSON text of that key, and
    /// numbers that are not finite the words `NaN`, `Infinity` and `-Infinity`.
    public func json() -> String {
        var output = RawOutput(room: UnsafeMutableRawBufferPointer(start: nil, count: 0))
        defer { output.release() }
        let writer = JSONWriter(allowsNonFinite: true, isLenient: true, maximumDepth: .max)
        try? writer.write(self, into: &output)
        return String(decoding: output.bytes, as: UTF8.self)
    }
}

extension Value: CustomStringConvertible {
    /// The value as JSON text; see ``json()``.
    public var description: String { json() }
}

/// Text from somewhere else, made fit for one line of a log: what could break the line, hide or reorder it is written
/// as an escape, and what is too long is cut in the middle, since beginning and end say most.
struct EscapedText: CustomStringConvertible {
    let description: String

    /// - Parameter limit: The greatest number of characters of the result.
    init(_ text: some StringProtocol, limit: Int = 256) {
        self.init(pieces: text.unicodeScalars.lazy.map(Self.escape), limit: limit)
    }

    /// Bytes that need not be UTF-8.
    init(bytes: some Sequence<UInt8>, limit: Int = 256) {
        let bytes = Array(bytes)
        if let text = String(validating: bytes, as: UTF8.self) {
            self.init(text, limit: limit)
        } else {
            self.init(
                pieces: bytes.lazy.map { $0 < 0x80 ? Self.escape(Unicode.Scalar($0)) : "\\x" + Self.hexadecimal($0) },
                limit: limit
            )
        }
    }

    private init(pieces: some Sequence<String>, limit: Int) {
        let pieces = Array(pieces)
        let length = pieces.reduce(0) { $0 + $1.unicodeScalars.count }
        guard length > limit else {
            self.description = pieces.joined()
            return
        }
        // An escape is never cut in two.
        let room = max(limit - 1, 0)
        let head = Self.fitting(pieces, room - room / 2)
        let tail = Self.fitting(pieces.reversed(), room / 2)
        self.description = head.joined() + "…" + tail.reversed().joined()
    }

    private static func fitting(_ pieces: [String], _ room: Int) -> [String] {
        var used = 0
        return Array(
            pieces.prefix { piece in
                used += piece.unicodeScalars.count
                return used <= room
            }
        )
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\0": return "\\0"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\\": return "\\\\"
        default: return scalar.isUnfitToShow ? scalar.escape : String(Character(scalar))
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

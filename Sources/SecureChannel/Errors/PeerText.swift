/// Text that a peer wrote, made fit for a log or a terminal.
enum PeerText {
    /// Escapes what could move a cursor, forge a log line or turn text around, and cuts the middle out of what is longer
    /// than `limit` characters: errors say at their beginning where and at their end what.
    static func clean(_ text: String, limit: Int, keepingLines: Bool = false) -> String {
        // Bounds the work first: a character may have any number of scalars, so bytes are what to count.
        var scalars = String.UnicodeScalarView()
        let source = text.unicodeScalars
        let utf8Limit = limit * 4
        if text.utf8.count <= utf8Limit {
            for scalar in source { append(scalar, to: &scalars, keepingLines) }
        } else {
            for scalar in source.prefix(limit) { append(scalar, to: &scalars, keepingLines) }
            for scalar in source.suffix(limit) { append(scalar, to: &scalars, keepingLines) }
        }
        guard scalars.count > limit else { return String(scalars) }
        let ellipsis = " … "
        let kept = max(0, limit - ellipsis.count)
        return String(String.UnicodeScalarView(scalars.prefix(kept / 2))) + ellipsis
            + String(String.UnicodeScalarView(scalars.suffix(kept - kept / 2)))
    }

    private static func append(_ scalar: Unicode.Scalar, to text: inout String.UnicodeScalarView, _ keepingLines: Bool)
    {
        switch scalar.value {
        case 0x0A where keepingLines, 0x09 where keepingLines:
            text.append(scalar)
        case 0x00...0x1F, 0x7F...0x9F,  // C0 and C1 controls
            0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069,  // direction marks and overrides
            0x2028, 0x2029, 0xFEFF:
            text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
        default:
            text.append(scalar)
        }
    }
}

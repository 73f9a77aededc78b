internal import OpenSSLTransport

/// Text that a peer wrote, made fit for a log or a terminal.
enum PeerText {
    /// Escapes what could move a cursor, forge a log line, hide text or turn it around, and cuts the middle out of what is
    /// longer than `limit` characters: errors say at their beginning where and at their end what.
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
        if keepingLines, scalar == "\n" || scalar == "\t" {
            text.append(scalar)
        } else if scalar.isUnfitToShow {
            text.append(contentsOf: scalar.escape.unicodeScalars)
        } else {
            text.append(scalar)
        }
    }
}

internal import SecureChannel

/// Text of a server's for a terminal: what could move its cursor, hide or reorder something is written as an escape, and
/// what is too long is cut.
enum Printable {
    static func text(_ text: String, limit: Int = 256) -> String {
        let cut = text.unicodeScalars.count > limit
        return text.unicodeScalars.prefix(limit).map(escaped).joined() + (cut ? "…" : "")
    }

    static func quoted(_ text: String) -> String { "'\(Self.text(text))'" }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        scalar.isUnfitToShow ? scalar.escape : String(Character(scalar))
    }
}

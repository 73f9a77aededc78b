// The one place that says which characters from elsewhere are fit to be shown. The command has it from here, too, though it
// uses the public API in all else: a second rule would be one that is forgotten.
extension Unicode.Scalar {
    /// Whether it could move a cursor, break a line, or hide or reorder text: controls, all that is invisible (zero-width and
    /// tag characters, variation selectors, fillers), what turns the direction, and what has no shape that all agree on.
    package var isUnfitToShow: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: properties.isDefaultIgnorableCodePoint || properties.isBidiControl
        }
    }

    /// Written out, as in a Swift string.
    package var escape: String { "\\u{" + String(value, radix: 16) + "}" }
}

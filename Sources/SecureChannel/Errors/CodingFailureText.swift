/// What is said of content that could not be written or read: never the content, which Swift's own words repeat.
enum CodingFailureText {
    static func of(_ error: any Error) -> String {
        switch error {
        case EncodingError.invalidValue(let value, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return clean("a \(type(of: value))\(path.isEmpty ? "" : " at \(path)"): \(context.debugDescription)")
        case let error as DecodingError:
            return withoutValue("\(withoutCause(error))")
        default:
            // Of a type's own code, and perhaps on its way to the other side.
            return FailureText.of(error)
        }
    }

    /// "Cannot initialize Colour from invalid String value mauve", of enumerations with raw values.
    private static func withoutValue(_ text: String) -> String {
        guard
            let start = text.firstRange(of: "Cannot initialize "),
            let value = text[start.upperBound...].firstRange(of: " value ")
        else { return clean(text) }
        return clean(String(text[..<value.lowerBound]) + " value")
    }

    /// An underlying error says whatever it likes.
    private static func withoutCause(_ error: DecodingError) -> DecodingError {
        func bare(_ context: DecodingError.Context) -> DecodingError.Context {
            DecodingError.Context(codingPath: context.codingPath, debugDescription: context.debugDescription)
        }
        return switch error {
        case .typeMismatch(let type, let context): .typeMismatch(type, bare(context))
        case .valueNotFound(let type, let context): .valueNotFound(type, bare(context))
        case .keyNotFound(let key, let context): .keyNotFound(key, bare(context))
        case .dataCorrupted(let context): .dataCorrupted(bare(context))
        @unknown default: error
        }
    }

    private static func clean(_ text: String) -> String { PeerText.clean(text, limit: 1000) }
}

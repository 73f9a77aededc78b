/// What is said of content that could not be written or read: never the content, which Swift's own words repeat.
enum CodingFailureText {
    static func of(_ error: any Error) -> String {
        if case EncodingError.invalidValue(let value, let context) = error {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return clean("a \(type(of: value))\(path.isEmpty ? "" : " at \(path)"): \(context.debugDescription)")
        }
        // "Cannot initialize Colour from invalid String value mauve", of enumerations with raw values.
        let text = "\(error)"
        guard
            let start = text.firstRange(of: "Cannot initialize "),
            let value = text[start.upperBound...].firstRange(of: " value ")
        else { return clean(text) }
        return clean(String(text[..<value.lowerBound]) + " value")
    }

    private static func clean(_ text: String) -> String { PeerText.clean(text, limit: 1000) }
}

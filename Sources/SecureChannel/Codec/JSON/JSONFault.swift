/// What is wrong with JSON text, and at which byte of it.
internal struct JSONFault: Error, Hashable {
    enum Reason: Hashable {
        case syntax
        case truncated
        case trailingBytes
        case tooDeep(limit: Int)
        case tooMuchMemory(limit: Int)
        case invalidString
        case loneSurrogate
        case integerTooLarge
        /// A message's payload that is not `[type, id, content]`.
        case notAMessage
    }

    var reason: Reason
    var offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The fault as `Codable` reports it.
    var decodingError: DecodingError {
        let description =
            switch reason {
            case .syntax: "this is not JSON"
            case .truncated: "the JSON text ends too early"
            case .trailingBytes: "more follows where the JSON text should end"
            case .tooDeep(let limit): "arrays and objects are nested deeper than \(limit)"
            case .tooMuchMemory(let limit): DecodingMemory.description(limit: limit)
            case .invalidString: "a string holds a control character, a wrong escape, or bytes that are not UTF-8"
            case .loneSurrogate: "a string holds half of a surrogate pair, which is no text"
            case .integerTooLarge: "an integer is too large even for a floating point number"
            case .notAMessage: "a message has to be an array of a type (0, 1 or 2), an unsigned id and content"
            }
        return .dataCorrupted(.init(codingPath: [], debugDescription: "\(description) (at byte \(offset))"))
    }
}

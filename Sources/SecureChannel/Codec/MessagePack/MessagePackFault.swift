/// What is wrong with bytes, or with a value to be written, before it is known where in the content that was.
internal enum MessagePackFault: Error, Hashable {
    // Reading.
    case truncated
    case trailingBytes
    case neverUsedByte
    case tooDeep(limit: Int)
    case tooMuchMemory(limit: Int)
    case invalidUTF8
    case invalidTimestamp
    case invalidURL
    /// The value begins with this byte, which is of another kind than was asked for.
    case wrongKind(UInt8)
    case outOfRange

    // Writing.
    case tooLarge
    case dateOutOfRange
    case integerTooWide
    /// A `Value.number` that is none.
    case invalidNumber
    /// An encoder or container was used when the value that it was made for had ended, or while one inside was encoded.
    case staleContainer
    /// A value was written where one is already.
    case secondValue
    /// An array was asked for where a map is already, or the reverse.
    case otherKind
}

extension MessagePackFault {
    /// The fault as `Codable` reports it, for a value of a type that is read without a container: if that is an array, it is
    /// looked for which of its elements it was.
    func decodingError(
        _ type: Any.Type,
        as direct: DirectType,
        at offset: Int,
        in input: MessagePackInput,
        path: @autoclosure () -> [any CodingKey]
    ) -> DecodingError {
        guard let (index, element) = input.faultyElement(of: direct, at: offset) else {
            return decodingError(type, path: path())
        }
        return decodingError(element, path: path() + [IndexKey(index)])
    }

    /// The fault as `Codable` reports it.
    func decodingError(_ type: Any.Type, path: @autoclosure () -> [any CodingKey]) -> DecodingError {
        switch self {
        case .wrongKind(MessagePackFormat.null):
            .valueNotFound(type, context("there is nil where a value should be", path()))
        case .wrongKind(let byte):
            .typeMismatch(type, context("there is \(Self.kind(of: byte)) instead", path()))
        case .outOfRange:
            .dataCorrupted(context("the number does not fit into \(type)", path()))
        case .truncated:
            .dataCorrupted(
                context("the content ends in the middle, or a length in it is larger than what follows", path())
            )
        case .trailingBytes:
            .dataCorrupted(context("bytes follow the content's end", path()))
        case .neverUsedByte:
            .dataCorrupted(context("byte 0xc1 is not MessagePack", path()))
        case .tooDeep(let limit):
            .dataCorrupted(context("arrays and maps are nested deeper than \(limit)", path()))
        case .tooMuchMemory(let limit):
            .dataCorrupted(context(DecodingMemory.description(limit: limit), path()))
        case .invalidUTF8:
            .dataCorrupted(context("a string is not UTF-8", path()))
        case .invalidTimestamp:
            .dataCorrupted(
                context("a timestamp has another length than 4, 8 or 12 bytes, or nanoseconds over a second", path())
            )
        case .invalidURL:
            .dataCorrupted(context("a string is not a URL", path()))
        default:
            .dataCorrupted(context("the content is 4 GiB or more", path()))
        }
    }

    /// The fault as `Codable` reports it.
    ///
    /// In place of the value there is its type: errors are logged, contents must not be; and printing one that was refused
    /// may not even be possible (a `Date` that is not a number traps).
    func encodingError(_ type: Any.Type, path: @autoclosure () -> [any CodingKey]) -> EncodingError {
        .invalidValue(type, .init(codingPath: path(), debugDescription: encodingDescription))
    }

    /// The fault in words, for a value to be written.
    var encodingDescription: String {
        switch self {
        case .tooLarge: "MessagePack has lengths below 4 GiB only"
        case .tooDeep: "arrays and maps are nested deeper than the codec's maximumDepth"
        case .dateOutOfRange: "the date is not finite, or further away than MessagePack's timestamps reach"
        case .integerTooWide: "MessagePack has integers of 64 bits only"
        case .invalidNumber: "a Value.number is not a number as JSON writes it"
        case .invalidTimestamp: "a timestamp's nanoseconds are a second or more"
        case .staleContainer: "an encoder or container was used outside of the encode(to:) that it was made for"
        case .secondValue: "encode(to:) wrote a second value where there can be one"
        case .otherKind: "encode(to:) asked for both a keyed and an unkeyed container"
        default: "MessagePack has no way to write this"
        }
    }

    private func context(_ description: String, _ path: [any CodingKey]) -> DecodingError.Context {
        DecodingError.Context(codingPath: path.printable, debugDescription: description)
    }

    private static func kind(of byte: UInt8) -> String {
        switch byte {
        case 0x00...0x7f, 0xe0...0xff, MessagePackFormat.unsigned8...MessagePackFormat.signed64: "an integer"
        case 0x80...0x8f, MessagePackFormat.map16, MessagePackFormat.map32: "a map"
        case 0x90...0x9f, MessagePackFormat.array16, MessagePackFormat.array32: "an array"
        case 0xa0...0xbf, MessagePackFormat.string8...MessagePackFormat.string32: "a string"
        case MessagePackFormat.null: "nil"
        case MessagePackFormat.boolFalse, MessagePackFormat.boolTrue: "a boolean"
        case MessagePackFormat.binary8...MessagePackFormat.binary32: "binary"
        case MessagePackFormat.float32, MessagePackFormat.float64: "a floating point number"
        default: "an extension"
        }
    }
}

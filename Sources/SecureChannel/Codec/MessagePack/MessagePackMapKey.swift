/// A map's key, by where it stands in the input.
internal enum MessagePackMapKey {
    case string(offset: Int, length: Int)
    case integer(Int64)
    /// Of a kind that no `CodingKey` can be.
    case other

    /// Reads a key and moves the offset behind it.
    init(_ input: MessagePackInput, at offset: inout Int) throws(MessagePackFault) {
        let start = offset
        switch try input.readToken(at: &offset) {
        case .string(let bytes):
            self = .string(offset: offset - bytes.count, length: bytes.count)
        case .integer(let integer):
            self = .integer(integer)
        case .array, .map:
            offset = start
            try input.skip(at: &offset)
            self = .other
        default:
            self = .other
        }
    }
}

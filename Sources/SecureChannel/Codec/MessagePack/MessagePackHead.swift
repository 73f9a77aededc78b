extension MessagePackInput {
    /// Reads what stands before a message's content: the beginning of an array of three, a type, and an id.
    ///
    /// Every message has one, so the forms in which ours are written are told apart here, and all others below.
    @inline(__always)
    func readHead(at offset: inout Int) throws(MessagePackFault) -> MessageHead {
        let first = try byte(at: offset)
        if first == MessagePackFormat.fixArray | 3 {
            offset += 1
        } else if try readArrayHeader(at: &offset) != 3 {
            throw .outOfRange
        }
        guard let kind = MessageHead.Kind(rawValue: try readInteger(at: &offset)) else {
            throw .outOfRange
        }
        let id = try readIdentifier(at: &offset)
        guard offset < count else { throw .truncated }  // there has to be content
        return MessageHead(kind: kind, id: id)
    }

    @inline(__always)
    private func readIdentifier(at offset: inout Int) throws(MessagePackFault) -> UInt64 {
        let start = offset
        let first = try byte(at: start)
        if first < 0x80 {
            offset = start + 1
            return UInt64(first)
        }
        offset = start + 1
        switch first {
        case MessagePackFormat.unsigned8: return UInt64(try readBigEndian(UInt8.self, at: &offset))
        case MessagePackFormat.unsigned16: return UInt64(try readBigEndian(UInt16.self, at: &offset))
        case MessagePackFormat.unsigned32: return UInt64(try readBigEndian(UInt32.self, at: &offset))
        default:
            offset = start
            return try readInteger(at: &offset)
        }
    }
}

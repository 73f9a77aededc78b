/// Finds the three elements of a message in JSON text without reading the third.
///
/// Walks through the content only to find its end: strings, and how many brackets are open. What else is wrong in there is
/// for the content's reader to find.
internal enum JSONHeadReader {
    static func read(_ bytes: UnsafeRawBufferPointer) throws(JSONFault) -> (head: MessageHead, content: Range<Int>) {
        var reader = JSONReader(bytes, maximumDepth: 0)
        reader.skipWhiteSpace()
        guard reader.take("[") else { throw JSONFault(.notAMessage, at: reader.offset) }
        let type = try readUnsigned(&reader)
        guard let kind = UInt8(exactly: type).flatMap(MessageHead.Kind.init), reader.take(",") else {
            throw JSONFault(.notAMessage, at: reader.offset)
        }
        let id = try readUnsigned(&reader)
        guard reader.take(",") else { throw JSONFault(.notAMessage, at: reader.offset) }
        reader.skipWhiteSpace()
        return (MessageHead(kind: kind, id: id), try content(&reader, bytes))
    }

    /// Reads an integer without sign, fraction or exponent, and the white space around it.
    private static func readUnsigned(_ reader: inout JSONReader) throws(JSONFault) -> UInt64 {
        reader.skipWhiteSpace()
        let start = reader.offset
        var number: UInt64 = 0
        while let byte = reader.peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            let hasLeadingZero = reader.offset > start && number == 0
            guard !isTooLarge, !isStillTooLarge, !hasLeadingZero else { throw JSONFault(.notAMessage, at: start) }
            number = sum
            reader.advance()
        }
        guard reader.offset > start else { throw JSONFault(.notAMessage, at: start) }
        reader.skipWhiteSpace()
        return number
    }

    /// The content's bytes: up to the bracket that closes the message, after which only white space may stand.
    private static func content(_ reader: inout JSONReader, _ bytes: UnsafeRawBufferPointer) throws(JSONFault) -> Range<
        Int
    > {
        let start = reader.offset
        var openBrackets = 0
        var isInString = false
        while let byte = reader.peek() {
            switch byte {
            case UInt8(ascii: "\\") where isInString: reader.advance()
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: "["), UInt8(ascii: "{"): openBrackets += 1
            case UInt8(ascii: "]") where openBrackets == 0:
                let end = reader.offset
                reader.advance()
                reader.skipWhiteSpace()
                guard end > start, reader.peek() == nil else { throw JSONFault(.notAMessage, at: end) }
                return start..<end
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                openBrackets -= 1
                guard openBrackets >= 0 else { throw JSONFault(.notAMessage, at: reader.offset) }
            case UInt8(ascii: ",") where openBrackets == 0: throw JSONFault(.notAMessage, at: reader.offset)
            default: break
            }
            reader.advance()
        }
        throw JSONFault(.notAMessage, at: bytes.count)
    }
}

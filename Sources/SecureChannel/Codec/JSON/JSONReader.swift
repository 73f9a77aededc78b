/// Reads JSON text (RFC 8259), and what Python's `json.loads` reads beyond it: `NaN`, `Infinity` and `-Infinity`.
internal struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int
    private let maximumDepth: Int
    private var memory: DecodingMemory

    /// Reads a whole text: one value with nothing but white space around it.
    static func read(
        _ bytes: UnsafeRawBufferPointer,
        maximumDepth: Int,
        maximumMemory: Int
    ) throws(JSONFault) -> Value {
        var reader = JSONReader(bytes, maximumDepth: maximumDepth, maximumMemory: maximumMemory)
        reader.skipWhiteSpace()
        let value = try reader.readValue(depth: 0)
        reader.skipWhiteSpace()
        guard reader.offset == bytes.count else { throw JSONFault(.trailingBytes, at: reader.offset) }
        return value
    }

    init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int, maximumMemory: Int = .max) {
        self.bytes = bytes
        self.offset = 0
        self.maximumDepth = maximumDepth
        self.memory = DecodingMemory(limit: maximumMemory)
    }

    /// Space, tab, line feed and carriage return.
    mutating func skipWhiteSpace() {
        while let byte = peek(), byte == 0x20 || (0x09...0x0a).contains(byte) || byte == 0x0d { offset += 1 }
    }

    func peek() -> UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    mutating func advance() {
        offset += 1
    }

    /// Moves on if the next byte is this.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek(), UInt32(byte) == character.value else { return false }
        offset += 1
        return true
    }

    private func fault(_ reason: JSONFault.Reason) -> JSONFault {
        JSONFault(offset < bytes.count || reason != .syntax ? reason : .truncated, at: offset)
    }
}

// MARK: - Values

extension JSONReader {
    private mutating func readValue(depth: Int) throws(JSONFault) -> Value {
        guard let byte = peek() else { throw fault(.truncated) }
        switch byte {
        case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try readCountedString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try readNumber()
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case UInt8(ascii: "N"): return try readWord("NaN", .double(.nan))
        case UInt8(ascii: "I"): return try readWord("Infinity", .double(.infinity))
        default: throw fault(.syntax)
        }
    }

    /// A string that stays in what is decoded.
    private mutating func readCountedString() throws(JSONFault) -> String {
        let start = offset
        let string = try readString()
        guard memory.takeString(string.utf8.count) else { throw tooMuchMemory(at: start) }
        return string
    }

    /// Counts the memory of an array that is about to grow.
    private mutating func takeRoom<Element>(in elements: [Element], at start: Int) throws(JSONFault) {
        guard elements.count == elements.capacity else { return }
        // It doubles; the first block has room for a few.
        guard memory.take(max(elements.count, 2), of: MemoryLayout<Element>.stride) else {
            throw tooMuchMemory(at: start)
        }
    }

    private func tooMuchMemory(at offset: Int) -> JSONFault {
        JSONFault(.tooMuchMemory(limit: memory.limit), at: offset)
    }

    private mutating func readWord(_ word: StaticString, _ value: Value) throws(JSONFault) -> Value {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count,
            bytes[offset..<end].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        else { throw fault(.syntax) }
        offset = end
        return value
    }

    private mutating func readArray(depth: Int) throws(JSONFault) -> Value {
        guard depth <= maximumDepth else { throw fault(.tooDeep(limit: maximumDepth)) }
        offset += 1
        skipWhiteSpace()
        var elements: [Value] = []
        if take("]") { return .array(elements) }
        while true {
            try takeRoom(in: elements, at: offset)
            elements.append(try readValue(depth: depth))
            skipWhiteSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw fault(.syntax) }
            skipWhiteSpace()
        }
    }

    /// Of a key that occurs twice, the last value counts, at the first one's place; as in Python.
    private mutating func readObject(depth: Int) throws(JSONFault) -> Value {
        guard depth <= maximumDepth else { throw fault(.tooDeep(limit: maximumDepth)) }
        offset += 1
        skipWhiteSpace()
        var entries = JSONObjectEntries()
        if take("}") { return .map([:]) }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw fault(.syntax) }
            let start = offset
            let key = try readCountedString()
            try takeRoom(in: entries.entries, at: start)
            skipWhiteSpace()
            guard take(":") else { throw fault(.syntax) }
            skipWhiteSpace()
            entries.set(key, to: try readValue(depth: depth))
            skipWhiteSpace()
            if take("}") { return .map(Value.Map(entries: entries.entries)) }
            guard take(",") else { throw fault(.syntax) }
            skipWhiteSpace()
        }
    }
}

// MARK: - Numbers

extension JSONReader {
    private mutating func readNumber() throws(JSONFault) -> Value {
        let start = offset
        let isNegative = take("-")
        if isNegative, peek() == UInt8(ascii: "I") { return try readWord("Infinity", .double(-.infinity)) }
        let digits = offset
        try skipDigits()
        guard offset == digits + 1 || bytes[digits] != UInt8(ascii: "0") else {
            throw JSONFault(.syntax, at: digits)  // Python, too, reads no further than the leading zero.
        }
        var isInteger = true
        if take(".") {
            isInteger = false
            try skipDigits()
        }
        let mantissaEnd = offset
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try skipDigits()
        }
        let text = bytes[start..<offset]
        if isInteger { return try integer(text, at: start) }
        let number = String(decoding: text, as: UTF8.self)
        guard let double = Double(number) else { throw JSONFault(.syntax, at: start) }
        guard double.isFinite, digitCount(bytes[digits..<mantissaEnd]) >= Value.exactDigitCount else {
            return .double(double)
        }
        return try exactly(number, at: start)
    }

    /// How many digits there are, zeros in front apart.
    private func digitCount(_ mantissa: Slice<UnsafeRawBufferPointer>) -> Int {
        guard mantissa.count >= Value.exactDigitCount else { return mantissa.count }
        let digits = mantissa.drop { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
        return digits.count - (digits.contains(UInt8(ascii: ".")) ? 1 : 0)
    }

    /// A number that keeps its digits.
    private mutating func exactly(_ text: String, at start: Int) throws(JSONFault) -> Value {
        guard memory.takeString(text.utf8.count) else { throw tooMuchMemory(at: start) }
        return .number(text)
    }

    private mutating func skipDigits() throws(JSONFault) {
        let start = offset
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        guard offset > start else { throw fault(.syntax) }
    }

    private mutating func integer(_ text: Slice<UnsafeRawBufferPointer>, at start: Int) throws(JSONFault) -> Value {
        // No 64-bit integer has more than 20 characters.
        let digits = text.count <= 20 ? String(decoding: text, as: UTF8.self) : ""
        if let integer = Int64(digits) { return .integer(integer) }
        if let integer = UInt64(digits) { return .unsigned(integer) }
        // JavaScript writes 1e20 so, and reads no more than a `Double`.
        let number = String(decoding: text, as: UTF8.self)
        guard let double = Double(number), double.isFinite else { throw JSONFault(.integerTooLarge, at: start) }
        return try exactly(number, at: start)
    }
}

// MARK: - Strings

extension JSONReader {
    private mutating func readString() throws(JSONFault) -> String {
        offset += 1
        let start = offset
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                let string = String(validating: bytes[start..<offset], as: UTF8.self)
                guard let string else { throw JSONFault(.invalidString, at: start) }
                offset += 1
                return string
            case UInt8(ascii: "\\"):
                return try readEscapedString(from: start)
            case 0..<0x20:
                throw fault(.invalidString)
            default:
                offset += 1
            }
        }
        throw fault(.truncated)
    }

    /// The slower way, from the first escape on.
    private mutating func readEscapedString(from start: Int) throws(JSONFault) -> String {
        var utf8 = Array(bytes[start..<offset])
        while let byte = peek() {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: utf8, as: UTF8.self) else {
                    throw JSONFault(.invalidString, at: start)
                }
                return string
            case UInt8(ascii: "\\"):
                utf8.append(contentsOf: Array(Character(try readEscape()).utf8))
            case 0..<0x20:
                throw JSONFault(.invalidString, at: offset - 1)
            default:
                utf8.append(byte)
            }
        }
        throw fault(.truncated)
    }

    /// What follows a backslash.
    private mutating func readEscape() throws(JSONFault) -> Unicode.Scalar {
        guard let byte = peek() else { throw fault(.truncated) }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try readCodePoint()
        default: throw JSONFault(.invalidString, at: offset - 1)
        }
    }

    /// What follows `\u`: four digits, and for a code point above U+FFFF another escape with the pair's second half.
    private mutating func readCodePoint() throws(JSONFault) -> Unicode.Scalar {
        let start = offset
        let first = try readFourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, take("\\"), take("u") else { throw JSONFault(.loneSurrogate, at: start) }
        let second = try readFourDigits()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
        else { throw JSONFault(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func readFourDigits() throws(JSONFault) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek() else { throw fault(.truncated) }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw fault(.invalidString)
            }
            number = number << 4 | UInt32(digit)
            offset += 1
        }
        return number
    }
}

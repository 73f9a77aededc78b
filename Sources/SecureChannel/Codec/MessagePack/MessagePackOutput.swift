/// Writing MessagePack's values, each in its shortest form.
extension RawOutput {
    mutating func appendNull() {
        append(MessagePackFormat.null)
    }

    mutating func append(bool: Bool) {
        append(bool ? MessagePackFormat.boolTrue : MessagePackFormat.boolFalse)
    }

    @inline(__always)
    mutating func append(integer: some FixedWidthInteger & SignedInteger) {
        if integer >= 0 {
            append(integer: UInt64(integer))
        } else {
            append(negative: Int64(integer))
        }
    }

    @inline(__always)
    mutating func append(integer: some FixedWidthInteger & UnsignedInteger) {
        if integer < 0x80 {
            append(UInt8(truncatingIfNeeded: integer))
        } else {
            append(large: UInt64(integer))
        }
    }

    /// Appends an integer of a type of more than 64 bits.
    mutating func append(wide integer: some FixedWidthInteger) throws(MessagePackFault) {
        if let integer = Int64(exactly: integer) {
            append(integer: integer)
        } else if let integer = UInt64(exactly: integer) {
            append(integer: integer)
        } else {
            throw .integerTooWide
        }
    }

    private mutating func append(large integer: UInt64) {
        if let integer = UInt8(exactly: integer) {
            append(MessagePackFormat.unsigned8, bigEndian: integer)
        } else if let integer = UInt16(exactly: integer) {
            append(MessagePackFormat.unsigned16, bigEndian: integer)
        } else if let integer = UInt32(exactly: integer) {
            append(MessagePackFormat.unsigned32, bigEndian: integer)
        } else {
            append(MessagePackFormat.unsigned64, bigEndian: integer)
        }
    }

    private mutating func append(negative integer: Int64) {
        if integer >= -32 {
            append(UInt8(bitPattern: Int8(integer)))
        } else if let integer = Int8(exactly: integer) {
            append(MessagePackFormat.signed8, bigEndian: integer)
        } else if let integer = Int16(exactly: integer) {
            append(MessagePackFormat.signed16, bigEndian: integer)
        } else if let integer = Int32(exactly: integer) {
            append(MessagePackFormat.signed32, bigEndian: integer)
        } else {
            append(MessagePackFormat.signed64, bigEndian: integer)
        }
    }

    mutating func append(float: Float) {
        append(MessagePackFormat.float32, bigEndian: float.bitPattern)
    }

    mutating func append(double: Double) {
        append(MessagePackFormat.float64, bigEndian: double.bitPattern)
    }

    @inline(__always)
    mutating func append(string: String) throws(MessagePackFault) {
        if let isWritten = string.utf8.withContiguousStorageIfAvailable({ append(utf8: $0) }) {
            guard isWritten else { throw .tooLarge }
        } else {
            var string = string
            guard string.withUTF8({ append(utf8: $0) }) else { throw .tooLarge }
        }
    }

    /// Appends a string, or nothing and returns false if it is too long.
    @inline(__always)
    mutating func append(utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        let bytes = UnsafeRawBufferPointer(utf8)
        guard bytes.count < 32 else { return append(long: bytes) }
        append(MessagePackFormat.fixString | UInt8(truncatingIfNeeded: bytes.count), short: bytes)
        return true
    }

    private mutating func append(long bytes: UnsafeRawBufferPointer) -> Bool {
        if let length = UInt8(exactly: bytes.count) {
            append(MessagePackFormat.string8, bigEndian: length)
        } else if let length = UInt16(exactly: bytes.count) {
            append(MessagePackFormat.string16, bigEndian: length)
        } else if let length = UInt32(exactly: bytes.count) {
            append(MessagePackFormat.string32, bigEndian: length)
        } else {
            return false
        }
        append(contentsOf: bytes)
        return true
    }

    mutating func append(binary bytes: UnsafeRawBufferPointer) throws(MessagePackFault) {
        if let length = UInt8(exactly: bytes.count) {
            append(MessagePackFormat.binary8, bigEndian: length)
        } else if let length = UInt16(exactly: bytes.count) {
            append(MessagePackFormat.binary16, bigEndian: length)
        } else if let length = UInt32(exactly: bytes.count) {
            append(MessagePackFormat.binary32, bigEndian: length)
        } else {
            throw .tooLarge
        }
        append(contentsOf: bytes)
    }

    mutating func append(extensionType type: Int8, _ bytes: UnsafeRawBufferPointer) throws(MessagePackFault) {
        switch bytes.count {
        case 1: append(MessagePackFormat.fixExtension1)
        case 2: append(MessagePackFormat.fixExtension2)
        case 4: append(MessagePackFormat.fixExtension4)
        case 8: append(MessagePackFormat.fixExtension8)
        case 16: append(MessagePackFormat.fixExtension16)
        case let length:
            if let length = UInt8(exactly: length) {
                append(MessagePackFormat.extension8, bigEndian: length)
            } else if let length = UInt16(exactly: length) {
                append(MessagePackFormat.extension16, bigEndian: length)
            } else if let length = UInt32(exactly: length) {
                append(MessagePackFormat.extension32, bigEndian: length)
            } else {
                throw .tooLarge
            }
        }
        append(UInt8(bitPattern: type))
        append(contentsOf: bytes)
    }

    mutating func append(timestamp: Timestamp) {
        let (seconds, nanoseconds) = (timestamp.seconds, timestamp.nanoseconds)
        if let seconds = UInt32(exactly: seconds), nanoseconds == 0 {
            append(MessagePackFormat.fixExtension4, bigEndian: MessagePackFormat.timestampType)
            append(bigEndian: seconds)
        } else if let seconds = UInt64(exactly: seconds), seconds < 1 << 34 {
            append(MessagePackFormat.fixExtension8, bigEndian: MessagePackFormat.timestampType)
            append(bigEndian: UInt64(nanoseconds) << 34 | seconds)
        } else {
            append(MessagePackFormat.extension8, bigEndian: 12 as UInt8)
            append(bigEndian: MessagePackFormat.timestampType)
            append(bigEndian: nanoseconds)
            append(bigEndian: seconds)
        }
    }

    mutating func appendArrayHeader(count: Int) throws(MessagePackFault) {
        if count < 16 {
            append(MessagePackFormat.fixArray | UInt8(truncatingIfNeeded: count))
        } else if let count = UInt16(exactly: count) {
            append(MessagePackFormat.array16, bigEndian: count)
        } else if let count = UInt32(exactly: count) {
            append(MessagePackFormat.array32, bigEndian: count)
        } else {
            throw .tooLarge
        }
    }

    mutating func appendMapHeader(count: Int) throws(MessagePackFault) {
        if count < 16 {
            append(MessagePackFormat.fixMap | UInt8(truncatingIfNeeded: count))
        } else if let count = UInt16(exactly: count) {
            append(MessagePackFormat.map16, bigEndian: count)
        } else if let count = UInt32(exactly: count) {
            append(MessagePackFormat.map32, bigEndian: count)
        } else {
            throw .tooLarge
        }
    }
}

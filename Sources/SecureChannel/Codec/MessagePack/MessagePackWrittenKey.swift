/// A key as it is written. It is made before its pair is begun, because to ask a key for its string runs anybody's code.
internal enum MessagePackWrittenKey {
    case string(String)
    case integer(Int)

    init<Key: CodingKey>(_ key: Key, in frame: MessagePackAssembly.Reference) {
        if let number = key.intValue, Self.isInteger(Key.self, in: frame) {
            self = .integer(number)
        } else {
            self = .string(key.stringValue)
        }
    }

    /// Keys with an integer are written as that, except those of dictionaries whose keys are strings: the standard library
    /// gives `"1"` an integer too.
    static func isInteger<Key: CodingKey>(_ type: Key.Type, in frame: MessagePackAssembly.Reference) -> Bool {
        ObjectIdentifier(Key.self) != StandardDictionaryKey.identifier
            || (frame.type as? any DictionaryType.Type)?.hasStringKeys == false
    }
}

extension MessagePackWrittenKey {
    /// As ``MessagePackKeyFilter`` counts it.
    var filterHash: UInt64 {
        switch self {
        case .integer(let number): return MessagePackKeyFilter.hash(Int64(number))
        case .string(var name): return name.withUTF8 { MessagePackKeyName(UnsafeRawBufferPointer($0)).hash }
        }
    }
}

extension RawOutput {
    mutating func append(_ key: MessagePackWrittenKey) throws(MessagePackFault) {
        switch key {
        case .string(let string): try append(string: string)
        case .integer(let integer): append(integer: integer)
        }
    }
}

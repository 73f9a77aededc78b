/// An array's index, in coding paths.
internal struct IndexKey: CodingKey {
    let index: Int

    init(_ index: Int) {
        self.index = index
    }

    init?(intValue: Int) {
        self.index = intValue
    }

    init?(stringValue: String) {
        return nil
    }

    var intValue: Int? { index }
    var stringValue: String { "Index \(index)" }
}

/// Under which an object's superclass is encoded, unless it names another.
internal struct SuperKey: CodingKey {
    init() {}

    init?(intValue: Int) {
        return nil
    }

    init?(stringValue: String) {
        return nil
    }

    var intValue: Int? { nil }
    var stringValue: String { "super" }
}

extension [any CodingKey] {
    /// The path with keys that can be printed: those of a dictionary are a peer's choice, and may be long or hold control
    /// characters.
    internal var printable: [any CodingKey] {
        map { key in
            let name = key.stringValue
            let isPlain = name.utf8.count <= PrintableKey.longest && name.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
            return isPlain ? key : PrintableKey(of: name)
        }
    }
}

/// A key as it may be printed: escaped, and cut if it is long.
private struct PrintableKey: CodingKey {
    static let longest = 64

    let stringValue: String
    var intValue: Int? { nil }

    init(of name: String) {
        let scalars = name.unicodeScalars
        let kept = scalars.prefix(Self.longest).map { $0.escaped(asASCII: true) }.joined()
        self.stringValue = scalars.count > Self.longest ? kept + "…" : kept
    }

    init?(intValue: Int) {
        return nil
    }

    init?(stringValue: String) {
        return nil
    }
}

/// A dictionary, whatever its types.
internal protocol DictionaryType {
    static var hasStringKeys: Bool { get }
}

extension Dictionary: DictionaryType {
    static var hasStringKeys: Bool { Key.self == String.self }
}

/// The standard library's own key type for dictionaries, which it does not make public.
///
/// It gives the string key `"1"` the integer 1, as it gives the integer key 1 the string `"1"`. A codec that writes either
/// has to know that it deals with this type, and then to ask the dictionary's type which it meant.
internal enum StandardDictionaryKey {
    static let identifier: ObjectIdentifier? = {
        let probe = Probe()
        try? [String: Int]().encode(to: probe)
        return probe.keyType
    }()

    private final class Probe: Encoder {
        var keyType: ObjectIdentifier?

        var codingPath: [any CodingKey] { [] }
        var userInfo: [CodingUserInfoKey: Any] { [:] }

        func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
            keyType = ObjectIdentifier(type)
            return ValueEncoder(style: .native).container(keyedBy: type)
        }

        func unkeyedContainer() -> any UnkeyedEncodingContainer {
            ValueEncoder(style: .native).unkeyedContainer()
        }

        func singleValueContainer() -> any SingleValueEncodingContainer {
            ValueEncoder(style: .native).singleValueContainer()
        }
    }
}

/// The first bytes of MessagePack's formats (https://github.com/msgpack/msgpack/blob/master/spec.md).
///
/// Small values live in the first byte itself: 0x00…0x7f are the integers 0…127, 0xe0…0xff are -32…-1; 0x80…0x8f begin
/// a map, 0x90…0x9f an array of up to 15 elements, 0xa0…0xbf a string of up to 31 bytes.
internal enum MessagePackFormat {
    static let fixMap: UInt8 = 0x80
    static let fixArray: UInt8 = 0x90
    static let fixString: UInt8 = 0xa0
    static let null: UInt8 = 0xc0
    /// The one byte that no value begins with.
    static let neverUsed: UInt8 = 0xc1
    static let boolFalse: UInt8 = 0xc2
    static let boolTrue: UInt8 = 0xc3
    static let binary8: UInt8 = 0xc4
    static let binary16: UInt8 = 0xc5
    static let binary32: UInt8 = 0xc6
    static let extension8: UInt8 = 0xc7
    static let extension16: UInt8 = 0xc8
    static let extension32: UInt8 = 0xc9
    static let float32: UInt8 = 0xca
    static let float64: UInt8 = 0xcb
    static let unsigned8: UInt8 = 0xcc
    static let unsigned16: UInt8 = 0xcd
    static let unsigned32: UInt8 = 0xce
    static let unsigned64: UInt8 = 0xcf
    static let signed8: UInt8 = 0xd0
    static let signed16: UInt8 = 0xd1
    static let signed32: UInt8 = 0xd2
    static let signed64: UInt8 = 0xd3
    static let fixExtension1: UInt8 = 0xd4
    static let fixExtension2: UInt8 = 0xd5
    static let fixExtension4: UInt8 = 0xd6
    static let fixExtension8: UInt8 = 0xd7
    static let fixExtension16: UInt8 = 0xd8
    static let string8: UInt8 = 0xd9
    static let string16: UInt8 = 0xda
    static let string32: UInt8 = 0xdb
    static let array16: UInt8 = 0xdc
    static let array32: UInt8 = 0xdd
    static let map16: UInt8 = 0xde
    static let map32: UInt8 = 0xdf

    /// The extension type that the specification gives to timestamps.
    static let timestampType: Int8 = -1

    /// How long values are, by their first byte.
    static let lengths = Lengths()

    /// `@unchecked Sendable`: it is made once, and never changed or freed. It has a place for every byte, so whatever a peer
    /// sends is within it.
    struct Lengths: @unchecked Sendable {
        /// For each first byte, how long a value is with that byte if it says so; else, and for arrays and maps, 0.
        let bytes: UnsafePointer<UInt8>

        fileprivate init() {
            let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
            for first in 0...UInt8.max { bytes[Int(first)] = MessagePackFormat.length(of: first) }
            self.bytes = UnsafePointer(bytes)
        }
    }

    private static func length(of first: UInt8) -> UInt8 {
        switch first {
        case 0x00...0x7f, 0xe0...0xff, null, boolFalse, boolTrue: 1
        case fixString..<null: 1 + first - fixString
        case unsigned8, signed8: 2
        case unsigned16, signed16, fixExtension1: 3
        case fixExtension2: 4
        case unsigned32, signed32, float32: 5
        case fixExtension4: 6
        case unsigned64, signed64, float64: 9
        case fixExtension8: 10
        case fixExtension16: 18
        default: 0
        }
    }
}

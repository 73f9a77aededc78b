import SecureChannel

/// What a codec makes of content, as bytes.
func encoded<Content: Encodable>(_ content: Content, _ codec: some Codec) throws -> [UInt8] {
    var writer = MessageWriter()
    try codec.encode(content, into: &writer)
    return writer.bytes
}

/// What a codec makes of bytes.
func decoded<Content: Decodable>(
    _ bytes: [UInt8],
    _ codec: some Codec,
    as type: Content.Type = Content.self
) throws -> Content {
    try codec.decode(type, from: bytes.span.bytes)
}

extension [UInt8] {
    /// Bytes from hexadecimal digits; spaces are for the reader.
    init(hex: String) {
        let digits = hex.compactMap { $0.hexDigitValue.map(UInt8.init) }
        self = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    var hex: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

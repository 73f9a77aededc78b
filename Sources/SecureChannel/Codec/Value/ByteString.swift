/// A key as its bytes: strings that only look the same (é in one or in two code points) are different keys on the wire.
internal struct ByteString: Hashable {
    private enum Contents {
        case string(String)
        case integer(Int64)
    }

    private let contents: Contents

    init(string: String) {
        self.contents = .string(string)
    }

    init(integer: Int64) {
        self.contents = .integer(integer)
    }

    /// Nil for a key that no `CodingKey` can be.
    init?(_ key: Value) {
        switch key {
        case .string(let string): self.init(string: string)
        case .integer(let integer): self.init(integer: integer)
        default: return nil
        }
    }

    static func == (left: ByteString, right: ByteString) -> Bool {
        switch (left.contents, right.contents) {
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.integer(let left), .integer(let right)): left == right
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch contents {
        case .string(var string): string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .integer(let integer): hasher.combine(integer)
        }
    }
}

extension String {
    /// The string with these bytes, or nil if they are not UTF-8.
    ///
    /// The standard library's own failable initialiser takes several times as long.
    internal init?(_ utf8: UnsafeRawBufferPointer) {
        if utf8.count < 16, utf8.isShortASCII {
            self = String(unsafeUninitializedCapacity: utf8.count) { room in
                UnsafeMutableRawBufferPointer(room).copyMemory(from: utf8)
                return utf8.count
            }
            return
        }
        // It replaces what is not UTF-8, and then is not the same any more.
        self = String(decoding: utf8, as: UTF8.self)
        let isSame = self.utf8.withContiguousStorageIfAvailable { UnsafeRawBufferPointer($0).hasSameBytes(as: utf8) }
        guard isSame ?? self.utf8.elementsEqual(utf8) else { return nil }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether no byte of these, which are fewer than 16, has its highest bit set.
    @inline(__always)
    fileprivate var isShortASCII: Bool {
        if count >= 8 {
            let (first, last) = (word(UInt64.self, at: 0), word(UInt64.self, at: count - 8))
            return (first | last) & 0x8080_8080_8080_8080 == 0
        }
        if count >= 4 {
            let (first, last) = (word(UInt32.self, at: 0), word(UInt32.self, at: count - 4))
            return (first | last) & 0x8080_8080 == 0
        }
        return allSatisfy { $0 < 0x80 }
    }

    /// Whether both hold the same bytes, compared eight at a time.
    @inline(__always)
    internal func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count >= 8 else { return elementsEqual(other) }
        var offset = 0
        while offset < count {
            let place = Swift.min(offset, count - 8)
            guard word(UInt64.self, at: place) == other.word(UInt64.self, at: place) else { return false }
            offset += 8
        }
        return true
    }

    @inline(__always)
    private func word<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type, at offset: Int) -> Word {
        loadUnaligned(fromByteOffset: offset, as: type)
    }
}

internal import COpenSSL

/// Memory for a secret, wiped before it is given back.
final class WipedBytes {
    let memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) {
        self.memory = .allocate(byteCount: max(capacity, 1), alignment: 16)
    }

    convenience init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count)
        _ = self.fill(bytes)
    }

    deinit {
        OPENSSL_cleanse(self.memory.baseAddress, self.memory.count)
        self.memory.deallocate()
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self.memory.prefix(self.count)) }

    /// As many of `source` as fit.
    func fill(_ source: some Collection<UInt8>) -> UnsafeRawBufferPointer {
        self.count = min(source.count, self.memory.count)
        self.memory.copyBytes(from: source.prefix(self.count))
        return self.bytes
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[range.clamped(to: 0..<self.count)])
    }

    /// Makes `count` of the bytes, which somebody has written to `memory`, valid.
    func setCount(_ count: Int) { self.count = min(max(count, 0), self.memory.count) }
}

import NIOCore
import Testing

@testable import SecureChannel

@Suite("Frames are cut out of a stream of bytes")
struct FrameDecoderTests {
    /// Feeds `stream` in pieces of the given sizes, the last size again and again.
    private func payloads(_ stream: [UInt8], pieces: [Int], limit: Int = 1 << 20) throws -> [[UInt8]] {
        var decoder = FrameDecoder(maximumLength: limit)
        var found: [[UInt8]] = []
        var rest = stream[...]
        var index = 0
        while !rest.isEmpty {
            let size = pieces[min(index, pieces.count - 1)]
            index += 1
            var buffer = ByteBuffer(bytes: rest.prefix(size))
            rest = rest.dropFirst(size)
            while let payload = try decoder.next(from: &buffer) { found.append(Array(payload.readableBytesView)) }
            #expect(buffer.readableBytes == 0)
        }
        return found
    }

    private func frame(_ payload: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
    }

    @Test("Whatever the pieces in which bytes arrive, the frames are the same")
    func pieces() throws {
        let expected = (1...40).map { length in (0..<length * 7).map { UInt8(truncatingIfNeeded: $0 + length) } }
        let stream = expected.flatMap(frame)
        for size in [1, 2, 3, 4, 5, 7, 64, 1000, stream.count] {
            #expect(try payloads(stream, pieces: [size]) == expected)
        }
        var random = SplitMix64(seed: 1)
        for _ in 0..<50 {
            let sizes = (0..<500).map { _ in Int.random(in: 1...40, using: &random) }
            #expect(try payloads(stream, pieces: sizes) == expected)
        }
    }

    @Test("A length prefix in four pieces, across reads, is read")
    func splitPrefix() throws {
        #expect(try payloads(frame([1, 2, 3]), pieces: [1, 1, 1, 1, 3]) == [[1, 2, 3]])
    }

    @Test("A frame as long as the limit is taken; one byte more is refused, on the prefix alone")
    func limit() throws {
        #expect(try payloads(frame(Array(repeating: 7, count: 100)), pieces: [104], limit: 100).count == 1)
        var decoder = FrameDecoder(maximumLength: 100)
        var prefix = ByteBuffer(bytes: [0, 0, 0, 101])
        #expect(throws: FrameDecoder.Violation.tooLong(length: 101, maximum: 100)) { try decoder.next(from: &prefix) }
        prefix = ByteBuffer(bytes: [0xFF, 0xFF, 0xFF, 0xFF])
        decoder = FrameDecoder(maximumLength: 1 << 30)
        #expect(throws: FrameDecoder.Violation.tooLong(length: 0xFFFF_FFFF, maximum: 1 << 30)) {
            try decoder.next(from: &prefix)
        }
    }

    @Test("A frame of length zero is refused, in one piece and in four")
    func zero() {
        #expect(throws: FrameDecoder.Violation.empty) { try payloads([0, 0, 0, 0], pieces: [4]) }
        #expect(throws: FrameDecoder.Violation.empty) { try payloads([0, 0, 0, 0], pieces: [1]) }
    }

    @Test("A peer that promises a gigabyte and sends little costs at most a megabyte")
    func promise() throws {
        var decoder = FrameDecoder(maximumLength: 1 << 30)
        var buffer = ByteBuffer(bytes: [0x40, 0, 0, 0, 1, 2, 3])
        #expect(try decoder.next(from: &buffer) == nil)
        #expect(decoder.reservedByteCount <= 1 << 20)
        #expect(decoder.missingByteCount == (1 << 30) - 3)
        #expect(decoder.isInFrame)
    }

    @Test("The buffer of a large frame grows with what arrives, at most to double of it")
    func growth() throws {
        var decoder = FrameDecoder(maximumLength: 1 << 30)
        var prefix = ByteBuffer(bytes: [0x01, 0, 0, 0])  // 16 MiB
        #expect(try decoder.next(from: &prefix) == nil)
        let piece = ByteBuffer(repeating: 1, count: 65536)
        var received = 0
        while received < (1 << 24) - 65536 {
            var buffer = piece
            #expect(try decoder.next(from: &buffer) == nil)
            received += 65536
            #expect(decoder.reservedByteCount <= max(1 << 20, 2 * received))
        }
        var buffer = piece
        #expect(try decoder.next(from: &buffer)?.readableBytes == 1 << 24)
        #expect(!decoder.isInFrame)
    }

    @Test("Small frames are slices of what was read: no copy is made")
    func slices() throws {
        var decoder = FrameDecoder(maximumLength: 100)
        var buffer = ByteBuffer(bytes: frame([1, 2, 3]) + frame([4]))
        let storage = buffer.storageCapacity
        let first = try decoder.next(from: &buffer)
        #expect(first?.storageCapacity == storage)
    }
}

/// Random numbers that are the same in every run.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

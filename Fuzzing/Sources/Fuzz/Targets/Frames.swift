internal import NIOCore

@testable internal import SecureChannel

/// However a stream is cut, the same frames come out of it and the same violation ends it.
func checkFrames(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let maximum = [1, 16, 255, 1 << 16, 16 << 20][choices.number(below: 5)]
    let step = 1 + choices.number(below: 64)
    let stream = choices.all()
    let whole = Outcome(of: stream, cutEvery: Int.max, maximumLength: maximum)
    for length in [1, step] {
        require(Outcome(of: stream, cutEvery: length, maximumLength: maximum) == whole, "cuts do not change frames")
    }
    let first = stream.withUnsafeBytes { bytes -> Range<Int>? in
        try? FrameDecoder(maximumLength: maximum).wholePayload(in: bytes, at: 0)
    }
    if let first {
        require(whole.payloads.first == Array(stream[first]), "the first frame is the same, looked for in place")
    }
}

/// What comes out of a stream.
private struct Outcome: Equatable {
    var payloads: [[UInt8]] = []
    var violation: FrameDecoder.Violation?

    init(of stream: [UInt8], cutEvery length: Int, maximumLength: Int) {
        var decoder = FrameDecoder(maximumLength: maximumLength)
        var rest = stream[...]
        do throws(FrameDecoder.Violation) {
            while !rest.isEmpty {
                var piece = ByteBuffer(bytes: rest.prefix(length))
                rest = rest.dropFirst(length)
                while piece.readableBytes > 0 {
                    if let payload = try decoder.next(from: &piece) { payloads.append(Array(buffer: payload)) }
                }
                require(
                    decoder.reservedByteCount <= max(1 << 20, 4 * stream.count),
                    "what is promised and not sent takes no memory"
                )
            }
        } catch {
            violation = error
        }
    }
}

func frameSeeds() -> [[UInt8]] {
    [
        [0, 0, 0, 3, 0, 0, 0, 1, 42], [0, 3, 0, 1] + [0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 3], [0, 2, 0, 9, 0, 0, 0, 0],
        [0, 4, 0, 2, 1, 0, 0, 0, 7, 7], [0, 1, 0, 0, 0, 0, 0, 17],
    ]
}

/// Heads that are read can be written, and are read as the same again; their content lies within the payload.
func checkHeads(_ bytes: [UInt8]) {
    checkHead(bytes, MessagePackCodec())
    checkHead(bytes, JSONCodec())
}

private func checkHead(_ payload: [UInt8], _ codec: some Codec) {
    guard let (head, content) = try? codec.decodeHead(from: payload.span.bytes) else { return }
    require(content.lowerBound >= 0 && content.upperBound <= payload.count, "content lies within its payload")
    var writer = MessageWriter()
    codec.encode(head, into: &writer)
    writer.append(contentsOf: payload[content])
    codec.encodeTail(into: &writer)
    let written = writer.bytes
    guard let (again, contentAgain) = try? codec.decodeHead(from: written.span.bytes) else {
        return require(false, "a head that was written can be read")
    }
    require(again == head, "a head stays the same")
    require(written[contentAgain] == payload[content], "content stays the same")
}

func headSeeds() -> [[UInt8]] {
    [
        [0x93, 0, 0, 0xA1, 0x61], [0x93, 1, 0xCD, 1, 0, 0xC0], [0xDC, 0, 3, 2, 0xCF, 1, 2, 3, 4, 5, 6, 7, 8, 0xC3],
        Array(#"[0, 0, "ohai"]"#.utf8), Array(#" [1, 18446744073709551615, {"a": [1, "]"]}] "#.utf8),
    ]
}

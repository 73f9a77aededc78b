/// A frame of our wire, written by hand: the length, `[kind, id, "text"]` in MessagePack. The text has at most 31 bytes.
func packedFrame(kind: UInt8, id: UInt8, _ text: String) -> [UInt8] {
    let payload = [0x93, kind, id, 0xA0 | UInt8(text.utf8.count)] + Array(text.utf8)
    return [0, 0, 0, UInt8(payload.count)] + payload
}

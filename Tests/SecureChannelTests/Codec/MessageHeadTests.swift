import SecureChannel
import Testing

/// The head of `[type, id, content]`: what is taken, what closes the channel, and what is left for the content.
@Suite struct MessageHeadTests {
    static let messagePackHeads: [(hex: String, kind: MessageHead.Kind, id: UInt64, content: Range<Int>)] = [
        ("930000c0", .request, 0, 3..<4),
        ("930100c0", .result, 0, 3..<4),
        ("930200c0", .exception, 0, 3..<4),
        ("93007fa161", .request, 127, 3..<5),
        ("9300cc80c0", .request, 128, 4..<5),
        ("9300cd0100c0", .request, 256, 5..<6),
        ("9300ce00010000c0", .request, 65536, 7..<8),
        ("9300cfffffffffffffffffc0", .request, .max, 11..<12),
        ("9300cc01c0", .request, 1, 4..<5),
        ("9300cf0000000000000001c0", .request, 1, 11..<12),
        ("9300d001c0", .request, 1, 4..<5),
        ("9300d10001c0", .request, 1, 5..<6),
        ("9300d200000001c0", .request, 1, 7..<8),
        ("9300d30000000000000001c0", .request, 1, 11..<12),
        ("93cc0105c0", .result, 5, 4..<5),
        ("93d3000000000000000205c0", .exception, 5, 11..<12),
        ("dc00030005c0", .request, 5, 5..<6),
        ("dd000000030005c0", .request, 5, 7..<8),
        // Faults of the content are not the head's.
        ("930005c1", .request, 5, 3..<4),
        ("930005c0c0", .request, 5, 3..<5),
        ("930005dcffff", .request, 5, 3..<6),
    ]

    @Test("A MessagePack head is read, in every width", arguments: messagePackHeads)
    func messagePack(hex: String, kind: MessageHead.Kind, id: UInt64, content: Range<Int>) throws {
        let read = try MessagePackCodec().decodeHead(from: Array(hex: hex).span.bytes)
        #expect(read.head == MessageHead(kind: kind, id: id))
        #expect(read.content == content)
    }

    static let messagePackViolations: [String] = [
        "", "c0", "93", "9300", "930005", "920005", "940005c0c0", "9005c0", "830005c0", "930305c0", "93ff05c0",
        "93cc0305c0",
        "93cd010005c0", "93c005c0", "93a10005c0", "93c205c0", "93ca0000000005c0", "9300ffc0", "9300d0ffc0",
        "9300d3ffffffffffffffffc0",
        "9300cb0000000000000000c0", "9300ca00000000c0", "9300a131c0", "9300c0c0", "9300c3c0", "930090c0",
        "9300cf00000000000000",
        "dc0002", "dc00020005", "dc00040005c0c0", "ddffffffff0005c0", "dc00", "93c10005", "c10005c0", "7b",
        "5b302c20302c20305d",
    ]

    @Test(
        "What is not an array of a known type, an unsigned id and content is refused",
        arguments: messagePackViolations
    )
    func messagePackViolation(hex: String) {
        #expect(throws: DecodingError.self) { try MessagePackCodec().decodeHead(from: Array(hex: hex).span.bytes) }
    }

    static let jsonHeads: [(text: String, kind: MessageHead.Kind, id: UInt64, content: String)] = [
        ("[0, 0, null]", .request, 0, "null"),
        ("[1, 7, \"x\"]", .result, 7, "\"x\""),
        ("[2,18446744073709551615,\"e\"]", .exception, .max, "\"e\""),
        (" \n[ 0 ,\t1\r, {\"a\": [1, 2]} ] \n", .request, 1, "{\"a\": [1, 2]} "),
        (#"[0, 1, "]\",\\"]"#, .request, 1, #""]\",\\""#),
        (#"[0, 1, ["[", "{", ",", "\\", "\""]]"#, .request, 1, #"["[", "{", ",", "\\", "\""]"#),
        // Faults of the content are not the head's.
        ("[0, 1, nonsense]", .request, 1, "nonsense"),
        ("[0, 1, 01]", .request, 1, "01"),
        (#"[0, 1, "\ud800"]"#, .request, 1, #""\ud800""#),
    ]

    @Test("A JSON head is read, whatever the white space", arguments: jsonHeads)
    func json(text: String, kind: MessageHead.Kind, id: UInt64, content: String) throws {
        let bytes = Array(text.utf8)
        let read = try JSONCodec().decodeHead(from: bytes.span.bytes)
        #expect(read.head == MessageHead(kind: kind, id: id))
        #expect(String(decoding: bytes[read.content], as: UTF8.self) == content)
    }

    static let jsonViolations: [String] = [
        "", "[", "[]", "[0]", "[0, 1]", "[0, 1,]", "[0, 1, ]", "[0, 1, 2, 3]", "[0, 1, 2,]", "[0, 1, 2", "[0, 1, \"a]",
        "[0, 1, [2]",
        "[3, 1, 2]", "[-1, 1, 2]", "[256, 1, 2]", "[0.0, 1, 2]", "[1e0, 1, 2]", "[\"0\", 1, 2]", "[true, 1, 2]",
        "[null, 1, 2]",
        "[0, -1, 2]", "[0, -0, 2]", "[0, 1.0, 2]", "[0, 1e3, 2]", "[0, \"1\", 2]", "[0, null, 2]",
        "[0, 18446744073709551616, 2]",
        "[0, 01, 2]", "[00, 1, 2]", "[0 1, 2]", "[0, , 2]", "{\"a\": 1}", "0", "null", "[0, 1, 2]]", "[0, 1, 2] x",
        "[0, 1, 2}", "x[0, 1, 2]",
        #"[0, 1, "\"#, "[0, 1, {\"a\" 1]}]", "[0, 1, 2}]", "\u{feff}[0, 1, 2]",
    ]

    @Test("Text that is not an array of a known type, an unsigned id and content is refused", arguments: jsonViolations)
    func jsonViolation(text: String) {
        #expect(throws: DecodingError.self) { try JSONCodec().decodeHead(from: Array(text.utf8).span.bytes) }
    }

    static let ids: [UInt64] = [0, 1, 127, 128, 255, 256, 65535, 65536, 4_294_967_295, 4_294_967_296, .max]

    @Test("A whole message goes there and back", arguments: ids)
    func messages(id: UInt64) throws {
        try check(MessagePackCodec())
        try check(JSONCodec())
        func check(_ codec: some Codec) throws {
            for kind in [MessageHead.Kind.request, .result, .exception] {
                var writer = MessageWriter()
                codec.encode(MessageHead(kind: kind, id: id), into: &writer)
                try codec.encode(["data": "x"], into: &writer)
                codec.encodeTail(into: &writer)
                let bytes = writer.bytes
                let read = try codec.decodeHead(from: bytes.span.bytes)
                #expect(read.head == MessageHead(kind: kind, id: id))
                #expect(try decoded(Array(bytes[read.content]), codec) == ["data": "x"])
            }
        }
    }

    @Test("A JSON message has the bytes that aiomas writes")
    func aiomasBytes() throws {
        var writer = MessageWriter()
        JSONCodec().encode(MessageHead(kind: .request, id: 7), into: &writer)
        try JSONCodec().encode(["data": "x"], into: &writer)
        JSONCodec().encodeTail(into: &writer)
        #expect(writer.bytes == Array(#"[0, 7, {"data": "x"}]"#.utf8))
    }
}

import Testing

@testable import OpenSSLTransport

@Suite("Text from elsewhere, made fit for one line")
struct EscapedTextTests {
    @Test(
        "What could break a line, hide or reorder it is written as an escape",
        arguments: [
            ("plain text, Zoë, 名前", "plain text, Zoë, 名前"), ("a\0b", "a\\0b"), ("a\nb\r\n", "a\\nb\\r\\n"),
            ("\t", "\\t"),
            ("\u{1B}[2J", "\\u{1b}[2J"), ("a\u{202E}b", "a\\u{202e}b"), ("\u{200B}", "\\u{200b}"), ("\\0", "\\\\0"),
            ("\u{2028}\u{85}\u{FEFF}", "\\u{2028}\\u{85}\\u{feff}"), ("\u{E000}", "\\u{e000}"), ("", ""),
            (
                "a\u{61C}\u{2060}\u{E0041}\u{FE0F}\u{3164}\u{34F}",
                "a\\u{61c}\\u{2060}\\u{e0041}\\u{fe0f}\\u{3164}\\u{34f}"
            ),
        ]
    )
    func escapes(_ text: String, _ expected: String) {
        #expect(EscapedText(text).description == expected)
    }

    @Test("Bytes that are no UTF-8 are written one by one")
    func bytes() {
        #expect(EscapedText(bytes: [0x61, 0xFF, 0x0A, 0x07]).description == "a\\xff\\n\\u{7}")
        #expect(EscapedText(bytes: "Zoë".utf8).description == "Zoë")
    }

    @Test("Long text is cut in the middle, to the limit exactly, never within an escape")
    func cutting() {
        #expect(EscapedText("0123456789", limit: 10).description == "0123456789")
        #expect(EscapedText("0123456789a", limit: 10).description == "01234…789a")
        #expect(EscapedText("0123456789", limit: 1).description == "…")
        for limit in 1...40 {
            let text = EscapedText(String(repeating: "\n", count: 100), limit: limit).description
            #expect(text.count <= limit)
            #expect(text.replacing("\\n", with: "") == "…")
        }
    }
}

import Testing

@testable import OpenSSLTransport
@testable import SecureChannel

@Suite("Text that a peer wrote")
struct PeerTextTests {
    @Test(
        "What could forge a log line or turn text around is escaped",
        arguments: [
            ("a\nb", "a\\u{a}b"), ("\u{1B}[2J", "\\u{1b}[2J"), ("a\u{0}b", "a\\u{0}b"), ("\u{202E}x", "\\u{202e}x"),
            ("\u{9B}x", "\\u{9b}x"), ("plain ünïcode 😀", "plain ünïcode 😀"),
        ]
    )
    func escapes(_ text: String, _ expected: String) {
        #expect(PeerText.clean(text, limit: 100) == expected)
    }

    /// What is invisible, turns text around, breaks lines or has no shape, by its number.
    static let unfit: [ClosedRange<UInt32>] = [
        0x0...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x34F...0x34F, 0x600...0x605, 0x61C...0x61C, 0x6DD...0x6DD, 0x70F...0x70F,
        0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
        0x3164...0x3164, 0xE000...0xE001, 0xFDD0...0xFDEF, 0xFE00...0xFE0F, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0,
        0xFFF0...0xFFFB, 0xFFFE...0xFFFF, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0x1FFFE...0x1FFFF, 0xE0000...0xE0FFF,
        0xF0000...0xF0001, 0x10FFFE...0x10FFFF,
    ]

    @Test("Nothing invisible and nothing that turns text around passes, wherever a peer's text is shown")
    func unfitCharacters() {
        for scalar in Self.unfit.joined().compactMap(Unicode.Scalar.init) {
            let text = "a\(Character(scalar))b"
            let escape = "a\\u{\(String(scalar.value, radix: 16))}b"
            #expect(PeerText.clean(text, limit: 100) == escape)
            #expect(
                RemoteError(origin: "", message: text).message
                    == ("\n\t".unicodeScalars.contains(scalar) ? text : escape)
            )
            #expect(!EscapedText(text).description.unicodeScalars.contains(scalar))
            #expect(!"\(Endpoint.unix(path: text))".unicodeScalars.contains(scalar))
            #expect(!"\(Address.tcp(text, 1))".unicodeScalars.contains(scalar))
        }
    }

    @Test("Letters, marks, digits, signs and spaces of all scripts pass")
    func fitCharacters() {
        let text = "Zoë e\u{301} नमस्ते 名前 שלום سلام ไทย 😀 → ½ a\u{A0}b\u{3000}c \\ \" '"
        #expect(PeerText.clean(text, limit: 100) == text)
    }

    @Test("Line breaks stay in a traceback")
    func lines() {
        #expect(PeerText.clean("a\n\tb\r", limit: 100, keepingLines: true) == "a\n\tb\\u{d}")
    }

    @Test("Long text loses its middle and keeps its last line")
    func cut() {
        let text = "Traceback\n" + String(repeating: "x", count: 100_000) + "\nValueError: the reason"
        let error = RemoteError(origin: "here", message: text)
        #expect(error.message.unicodeScalars.count == RemoteError.maximumMessageLength)
        #expect(error.message.hasPrefix("Traceback\n"))
        #expect(error.message.hasSuffix("\nValueError: the reason"))
    }

    @Test("Text of a single endless character is bounded, too")
    func combining() {
        let text = "e" + String(repeating: "\u{301}", count: 1_000_000)
        #expect(PeerText.clean(text, limit: 100).unicodeScalars.count <= 100)
    }
}

@Suite("What the other side is told about a handler's error")
struct FailureTextTests {
    struct Secretive: Error { var password = "hunter2" }
    enum Plain: Error { case notFound, denied(key: String), coded(Int) }
    struct Talkative: Error, CustomStringConvertible { var description: String { "no such account" } }

    @Test("An error that describes itself is quoted")
    func description() {
        #expect(FailureText.of(Talkative()) == "no such account")
        #expect(FailureText.of(CancellationError()) == "The request was cancelled.")
    }

    @Test("Of any other error only the type and the case are told, never what it stores")
    func internals() {
        #expect(FailureText.of(Secretive()) == "Secretive")
        #expect(FailureText.of(Plain.notFound) == "Plain.notFound")
        #expect(FailureText.of(Plain.denied(key: "hunter2")) == "Plain.denied")
        #expect(FailureText.of(Plain.coded(42)) == "Plain.coded")
    }
}

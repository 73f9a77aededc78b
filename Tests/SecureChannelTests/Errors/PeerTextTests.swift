import Testing

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

internal import Foundation
@testable internal import SecureChannelCommand
internal import Testing

@Suite("The command's words for the library's parameters")
struct CommandWordsTests {
    /// What this command has no way to ask for, so that no error of it can name it.
    private static let unreachable: Set<String> = [
        "acceptTimeout", "afterReload", "approvePeer", "dangerouslyNone", "maximumConnections", "maximumSessions",
        "maximumVersion",
        "onAccept", "otherIdentities", "passphraseFile", "serverNames", "unixPermissions", "verifyPeer",
    ]

    /// Terms of X.509, and nobody's parameters.
    private static let terms: Set<String> = ["keyCertSign", "subjectAltName"]

    @Test("No sentence of the library reaches a person with a parameter's name in it")
    func allSentences() throws {
        let sentences = try Self.sentences()
        #expect(sentences.count > 300, "the sources are not found where they were")
        for sentence in sentences {
            let said = CommandWords.text(sentence)
            let names = said.matches(of: #/(?:^|[\s(])([a-z]+[A-Z][A-Za-z]*)/#).map { String($0.1) }
            for name in names
            where !Self.unreachable.contains(name) && !Self.terms.contains(name) && !name.hasSuffix("TLS") {
                Issue.record("\(name) is in: \(said)")
            }
        }
    }

    @Test(
        "Parameters become options",
        arguments: [
            (
                "Give the client certificate and privateKey, or set clientCertificates to .optional here.",
                "Give the client --certificate and --key, or serve with --client-certificates optional."
            ),
            (
                "Trust an authority nearer to it, or raise maximumChainDepth.",
                "Trust an authority nearer to it, or raise --chain-depth."
            ),
            ("or lower minimumVersion to .tls12.", "or allow the older version with --minimum-tls 1.2."),
            (
                "name it here: providers: .init([default, pkcs11], configurationFile: …).",
                "name it here: --provider with each of default, pkcs11, and --provider-configuration."
            ),
        ]
    )
    func examples(parameters: String, options: String) {
        #expect(CommandWords.text(parameters) == options)
    }

    @Test(
        "A path or a quoted name keeps its words",
        arguments: ["'trustRoots'", "/etc/trustRoots.pem", "trustRoots.pem", "myserverName", "serverNames"]
    )
    func kept(words: String) {
        #expect(CommandWords.text("The file \(words) does not exist.") == "The file \(words) does not exist.")
    }

    /// The texts in the library's sources that have some words, without what is put into them.
    private static func sentences() throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var sentences: [String] = []
        for folder in ["Sources/OpenSSLTransport", "Sources/SecureChannel"] {
            let files = FileManager.default.enumerator(
                at: root.appending(path: folder),
                includingPropertiesForKeys: nil
            )
            for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
                for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                where !line.drop(while: { $0 == " " }).hasPrefix("//") {
                    sentences += texts(in: line).filter { $0.count { $0 == " " } >= 2 }
                }
            }
        }
        return sentences
    }

    private static func texts(in line: Substring) -> [String] {
        var (texts, text, depth, isInside, isEscaped) = ([String](), "", 0, false, false)
        for character in line {
            if depth > 0 {
                depth += character == "(" ? 1 : character == ")" ? -1 : 0
            } else if isEscaped {
                isEscaped = false
                if character == "(" { (depth, text) = (1, text + "x") }
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                if isInside { texts.append(text) }
                (text, isInside) = ("", !isInside)
            } else if isInside {
                text.append(character)
            }
        }
        return texts
    }
}

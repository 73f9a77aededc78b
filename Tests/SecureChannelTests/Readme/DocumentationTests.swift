import Foundation
import Testing

/// Keeps the examples of doc comments and of the documentation's articles honest: those are text to the compiler.
@Suite("The documentation")
struct DocumentationTests {
    @Test("Every example in it compiles: it is in these tests, character for character")
    func examples() throws {
        let files = ["DocumentationSnippets.swift", "DocumentationSnippets+NIO.swift"]
        let compiled = Set(try files.flatMap { try Readme.markedRegions($0, mark: "DOCUMENTATION") })
        let written = try Self.examples(under: Readme.root.appendingPathComponent("Sources"))
        #expect(written.count >= 16)
        for example in written {
            let isCompiled = compiled.contains(example.code)
            #expect(isCompiled, "\(example.file): not in DocumentationSnippets.swift: \(example.code)")
        }
        #expect(compiled.subtracting(written.map(\.code)) == [], "compiled, and in no documentation")
    }

    @Test(
        "Examples are found in comments and articles, indented or not, and what is not Swift is left out",
        arguments: [
            ("/// ```swift\n/// let one = 1\n/// ```\nlet two = 2\n", ["let one = 1"]),
            (
                "    /// Text.\n    /// ```swift\n    /// if two {\n    ///     three()\n    /// }\n    ///\n    /// four()\n    /// ```\n",
                ["if two {\n    three()\n}\n\nfour()"]
            ),
            ("```swift\nlet one = 1\n```\n\n```python\none = 1\n```\n", ["let one = 1"]),
            ("/// ```\n/// one ── two\n/// ```\n", []),
            ("/// ```text\n/// one → two\n/// ```\n", []),
            ("let text = \"\"\"\n    ```\n    \"\"\"\n", []),
        ]
    )
    func extraction(_ text: String, _ examples: [String]) {
        let isArticle = text.hasPrefix("```")
        #expect(Self.examples(in: text, isArticle: isArticle) == examples)
    }

    private struct Example {
        var file: String
        var code: String
    }

    private static func examples(under directory: URL) throws -> [Example] {
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        return try (files?.compactMap { $0 as? URL } ?? []).flatMap { file -> [Example] in
            let isArticle = file.pathExtension == "md"
            guard isArticle || file.pathExtension == "swift" else { return [] }
            let text = try String(contentsOf: file, encoding: .utf8)
            return examples(in: text, isArticle: isArticle).map { Example(file: file.lastPathComponent, code: $0) }
        }
    }

    /// The fenced blocks of Swift in an article or in a file's doc comments.
    private static func examples(in text: String, isArticle: Bool) -> [String] {
        var examples: [String] = []
        var language: String?
        var lines: [String] = []
        for line in text.components(separatedBy: "\n") {
            guard let line = isArticle ? line : documented(line) else {
                language = nil
                continue
            }
            if let open = language {
                if line != "```" {
                    lines.append(line)
                } else {
                    if open == "swift" { examples.append(lines.joined(separator: "\n")) }
                    language = nil
                }
            } else if line.hasPrefix("```") {
                (language, lines) = (String(line.dropFirst(3)), [])
            }
        }
        return examples
    }

    /// What a line of a doc comment says; nil if it is none.
    private static func documented(_ line: String) -> String? {
        let line = line.drop { $0 == " " }
        guard line.hasPrefix("///") else { return nil }
        return String(line.dropFirst(line.hasPrefix("/// ") ? 4 : 3))
    }
}

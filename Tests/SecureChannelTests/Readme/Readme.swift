import Foundation

/// The README, cut into what tests ask of it.
struct Readme {
    private let text: String

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    init() throws {
        text = try String(contentsOf: Self.root.appendingPathComponent("README.md"), encoding: .utf8)
    }

    /// The fenced blocks of a language.
    func blocks(of language: String) -> [String] {
        text.components(separatedBy: "```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    /// The cells of every table's rows.
    var tableRows: [[String]] {
        text.components(separatedBy: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// What links to somewhere in this repository.
    var localLinks: [String] {
        text.matches(of: /\]\(([^)#]+)[^)]*\)/).map { String($0.1) }.filter { !$0.hasPrefix("https://") }
    }

    /// Folders and files of the sources that are named, the picture's among them.
    var sourcePaths: [String] {
        text.matches(of: /Sources(?:\/[A-Za-z+.]+)+/).map { String($0.0) }
    }

    func has(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: Self.root.appendingPathComponent(path).path)
    }

    /// What stands between the markers of a file beside this one, less its indentation.
    static func markedRegions(_ file: String, mark: String = "README") throws -> [String] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(file)
        let lines = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "\n")
        var regions: [String] = []
        var region: [String]?
        for line in lines {
            switch line.trimmingCharacters(in: .whitespaces) {
            case "// \(mark): begin": region = []
            case "// \(mark): end":
                regions.append(unindented(region ?? []))
                region = nil
            default: region?.append(line)
            }
        }
        return regions
    }

    private static func unindented(_ lines: [String]) -> String {
        let depth = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(depth)) }.joined(separator: "\n")
    }
}

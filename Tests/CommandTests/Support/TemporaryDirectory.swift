internal import Foundation

/// A directory of a test's own, removed with everything in it when the test lets go of it. Its path is short enough for a
/// Unix socket in it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = "/tmp/sc-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    func write(_ content: String, to name: String) throws -> String {
        try content.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        return "\(path)/\(name)"
    }
}

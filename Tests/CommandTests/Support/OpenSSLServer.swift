internal import Foundation
internal import Testing

/// `openssl s_server` on a free port, for servers that ours would refuse to be.
final class OpenSSLServer: Sendable {
    let port: Int
    private let process: Process

    init(_ arguments: [String]) async throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl", "s_server", "-accept", "127.0.0.1:0"] + arguments
        process.standardInput = Pipe()  // at whose end it would end
        let (pipe, lines) = (Pipe(), Lines())
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        lines.read(from: pipe.fileHandleForReading)
        let prefix = "ACCEPT 127.0.0.1:"
        var text = await lines.until(prefix)
        while let start = text.range(of: prefix), !text[start.upperBound...].contains("\n") {
            await Task.yield()
            text = await lines.until(prefix)
        }
        let number = text.range(of: prefix).map { text[$0.upperBound...].prefix { $0.isNumber } } ?? ""
        guard let port = Int(number) else {
            kill(process.processIdentifier, SIGKILL)
            throw Unexpected(output: text)
        }
        self.port = port
    }

    struct Unexpected: Error { var output: String }

    /// By the one signal that cannot be blocked: a process inherits the mask of the thread that starts it.
    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

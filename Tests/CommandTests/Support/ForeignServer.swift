internal import Foundation

/// A server written in Python, which prints its port on a line when it listens.
final class ForeignServer: Sendable {
    let port: Int
    private let process: Process

    init(_ program: String, _ arguments: [String]) async throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", program] + arguments
        process.standardInput = FileHandle.nullDevice
        let (pipe, lines) = (Pipe(), Lines())
        process.standardOutput = pipe
        try process.run()
        lines.read(from: pipe.fileHandleForReading)
        let text = await lines.until("\n")
        guard let port = Int(text.prefix { $0.isNumber }) else {
            kill(process.processIdentifier, SIGKILL)
            throw OpenSSLServer.Unexpected(output: text)
        }
        self.port = port
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

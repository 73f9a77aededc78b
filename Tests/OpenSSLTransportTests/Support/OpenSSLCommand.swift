import Dispatch
import Foundation
import TestCertificates

/// `openssl s_client` or `s_server` as a party nobody here wrote, spoken to line by line; ended after 30 s at the latest.
///
/// Its calls block: use it inside ``blocking(_:)``.
final class OpenSSLCommand {
    struct Unexpected: Error { var output: String }

    private let process = Process()
    private let input = Pipe()
    private let outputPipe = Pipe()
    private(set) var output = ""

    /// - Parameter program: another than `openssl`.
    init(_ arguments: [String], program: String = "openssl") throws {
        // Written to a process that has ended, bytes should be an error and not a signal.
        signal(SIGPIPE, SIG_IGN)
        self.process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        self.process.arguments = [program] + arguments
        self.process.standardInput = self.input
        self.process.standardOutput = self.outputPipe
        self.process.standardError = self.outputPipe
        try self.process.run()
        let identifier = self.process.processIdentifier
        let process = self.process
        DispatchQueue.global().asyncAfter(deadline: .now() + 30) {
            if process.isRunning { kill(identifier, SIGKILL) }
        }
    }

    func say(_ text: String) throws { try self.input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func endInput() throws { try self.input.fileHandleForWriting.close() }

    /// Waits until the output contains `text`, and gives back what came until then.
    @discardableResult
    func expect(_ text: String) throws -> String {
        while true {
            if let range = self.output.range(of: text) {
                defer { self.output = String(self.output[range.upperBound...]) }
                return String(self.output[..<range.upperBound])
            }
            let data = self.outputPipe.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Unexpected(output: self.output) }
            self.output += String(decoding: data, as: UTF8.self)
        }
    }

    /// Waits for the end of the process and gives back the rest of its output.
    func finish() throws -> String {
        self.output += String(decoding: self.outputPipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.process.waitUntilExit()
        return self.output
    }

    /// By the one signal that cannot be blocked: a process inherits the mask of the thread that starts it.
    func terminate() {
        if self.process.isRunning { kill(self.process.processIdentifier, SIGKILL) }
    }
}

/// Runs what blocks on a thread of its own, away from the pool that tests share.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result { try body() }) }.start()
    }
}

/// Runs `body` with the certificates' files in a directory that is removed after it.
func withCertificateFiles<Value>(_ body: (CertificatePaths) async throws -> Value) async throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try await body(Parties.files.get().write(to: directory))
}

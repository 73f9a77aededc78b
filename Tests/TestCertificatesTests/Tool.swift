internal import Foundation

/// Another program's judgement on what this module made.
struct Verdict: Sendable {
    var status: Int32
    /// Standard output and standard error, as they came.
    var output: String
}

/// Runs a program found on the path, with nothing to read from, and waits for its end.
func run(_ tool: String, _ arguments: String...) throws -> Verdict {
    try run(tool, arguments)
}

func run(_ tool: String, _ arguments: [String]) throws -> Verdict {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [tool] + arguments
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Verdict(status: process.terminationStatus, output: String(decoding: bytes, as: UTF8.self))
}

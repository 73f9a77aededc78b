import Foundation
import Testing

/// The command `openssl`: files by a party that nobody here wrote.
func openssl(_ arguments: String...) throws -> [UInt8] { try openssl(arguments) }

func openssl(_ arguments: [String]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    let standardOutput = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = standardOutput
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
    return Array(output)
}

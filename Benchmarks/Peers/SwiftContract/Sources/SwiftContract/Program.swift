public import ArgumentParser
internal import Foundation

/// Runs a program of the contract: what fails has exit status 1 and wrong usage 2, both with a message on standard error.
public func runProgram<Root: ParsableCommand>(_ root: Root.Type) async {
    do {
        var command = try Root.parseAsRoot()
        if command is Root { throw ValidationError("A sub-command is missing.") }
        if var command = command as? any AsyncParsableCommand {
            try await command.run()
        } else {
            try command.run()
        }
    } catch {
        let status = Root.exitCode(for: error)
        let isExplained = status == .success || status == .validationFailure
        let text = isExplained ? Root.fullMessage(for: error) : "\(Root._commandName): \(error)"
        let stream = status == .success ? FileHandle.standardOutput : .standardError
        try? stream.write(contentsOf: Data((text + "\n").utf8))
        exit(status == .success ? 0 : status == .validationFailure ? 2 : 1)
    }
}

/// Why a measurement counts for nothing.
public struct BenchmarkFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// A complaint about something that ends a connection, but not the program.
public func complain(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
}

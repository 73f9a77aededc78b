import Foundation
import SecureChannel

/// A process that nobody here wrote the protocol of, talked to through its input and outputs; killed at the end.
///
/// Every wait has a deadline. Errors show all that the party wrote.
final class ForeignParty: Sendable {
    private let process: Process
    private let input: FileHandle
    private let exits: AsyncStream<Int32>
    let output: PartyOutput
    let errors: PartyOutput

    /// A hundred interpreters that start at once keep each other from ever getting ready.
    private static let turnstile = Turnstile(places: 4)

    /// Runs a program for as long as `body` takes.
    static func run<Result: Sendable>(
        _ command: [String],
        _ body: (ForeignParty) async throws -> Result
    ) async throws -> Result {
        await turnstile.enter()
        let result = await outcome(command, body)
        await turnstile.leave()
        return try result.get()
    }

    private static func outcome<Result: Sendable>(
        _ command: [String],
        _ body: (ForeignParty) async throws -> Result
    ) async -> Swift.Result<Result, any Error> {
        do {
            let party = try ForeignParty(command)
            defer { party.end() }
            do {
                return .success(try await body(party))
            } catch {
                return .failure(Failed(command: command, reason: "\(error)", wrote: party.transcript))
            }
        } catch {
            return .failure(error)
        }
    }

    private init(_ command: [String]) throws {
        signal(SIGPIPE, SIG_IGN)  // what is said to a party that has ended shall be an error
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let (inputPipe, outputPipe, errorPipe) = (Pipe(), Pipe(), Pipe())
        process.standardInput = inputPipe
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        let (exits, exit) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            exit.yield($0.terminationStatus)
            exit.finish()
        }
        try process.run()
        self.exits = exits
        input = inputPipe.fileHandleForWriting
        output = PartyOutput(outputPipe)
        errors = PartyOutput(errorPipe)
    }

    func say(_ bytes: [UInt8]) throws { try input.write(contentsOf: Data(bytes)) }
    func say(_ text: String) throws { try say(Array(text.utf8)) }
    func endInput() throws { try input.close() }

    /// The number of the process, for a look into /proc.
    var processIdentifier: Int32 { process.processIdentifier }

    /// The next fact that a script of ours reports: a line of JSON whose `event` has to be this one.
    @discardableResult
    func report(_ event: String) async throws -> Value {
        let line = try await output.line()
        let fact = try JSONDecoder().decode(Value.self, from: Data(line.utf8))
        guard fact["event"]?.string == event else { throw Unexpected(wanted: event, line: line) }
        return fact
    }

    /// Waits until the process has ended; its status, or the signal that ended it.
    func exitStatus() async throws -> Int32 {
        try await withDeadline(for: "the party's end") { [exits] in
            for await status in exits { return status }
            throw CancellationError()
        }
    }

    private func end() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private var transcript: String {
        "\(output.transcript)\n--- standard error\n\(errors.transcript)"
    }

    private struct Unexpected: Error, CustomStringConvertible {
        var wanted: String
        var line: String
        var description: String { "Expected the event '\(wanted)', and the party reported: \(line)" }
    }

    private struct Failed: Error, CustomStringConvertible {
        var command: [String]
        var reason: String
        var wrote: String
        var description: String { "\(reason)\n--- \(command.joined(separator: " ")) wrote\n\(wrote)" }
    }
}

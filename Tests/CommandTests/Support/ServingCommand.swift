internal import Foundation
internal import Testing

/// Runs `securechannel serve` for as long as `body` runs.
///
/// - Parameter body: gets the running command, and the address of its ready line.
/// - Returns: how it ended, on SIGTERM if `body` did not end it by itself.
@discardableResult
func withServing(
    _ arguments: [String],
    shell: String? = nil,
    _ body: (Command, String) async throws -> Void
) async throws -> Outcome {
    let command = try Command(["serve"] + arguments, shell: shell)
    defer { command.kill() }
    let output = await command.output.until("\n")
    let prefix = "listening on "
    guard output.hasPrefix(prefix), output.hasSuffix("\n") else {
        command.kill()
        Issue.record("serve is not ready: '\(output)', '\(await command.errors.all())'")
        return await command.end()
    }
    try await body(command, String(output.dropFirst(prefix.count).dropLast()))
    command.signal(SIGTERM)
    return await command.end()
}

internal import Foundation
internal import Synchronization

/// The built command, running as a user would run it: a process of its own, known by its arguments, streams and status.
///
/// Suites that use it are serialised: a process takes more of a small machine than a task does.
final class Command: Sendable {
    let output = Lines()
    let errors = Lines()
    private let process: Process
    private let ending = AsyncStream.makeStream(of: Void.self)

    /// - Parameters:
    ///   - arguments: the command's.
    ///   - shell: a script for `sh` to run in the command's place, which is `"$0" "$@"` there.
    ///   - terminal: what standard error is to be in place of a pipe.
    ///   - deadline: when the process is killed, in seconds. Its status is no exit status then.
    init(_ arguments: [String], shell: String? = nil, terminal: Terminal? = nil, deadline: Double = 240) throws {
        process = Process()
        if let shell {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", shell, Self.path] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: Self.path)
            process.arguments = arguments
        }
        process.standardInput = FileHandle.nullDevice
        let (outputPipe, errorPipe) = (Pipe(), Pipe())
        process.standardOutput = outputPipe
        process.standardError = terminal?.end ?? errorPipe.fileHandleForWriting
        process.terminationHandler = { [ending] _ in ending.continuation.finish() }
        try process.run()
        output.read(from: outputPipe.fileHandleForReading)
        try (terminal?.end ?? errorPipe.fileHandleForWriting).close()
        errors.read(from: terminal?.screen ?? errorPipe.fileHandleForReading)
        DispatchQueue.global().asyncAfter(deadline: .now() + deadline) { [weak self] in self?.kill() }
    }

    deinit { kill() }

    var identifier: Int32 { process.processIdentifier }

    func signal(_ number: Int32) {
        if process.isRunning { _ = Foundation.kill(process.processIdentifier, number) }
    }

    func kill() {
        signal(SIGKILL)
    }

    /// Waits until the process has ended and its streams are read.
    func end() async -> Outcome {
        for await _ in ending.stream {}
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            isExit: process.terminationReason == .exit,
            output: await output.all(),
            errors: await errors.all()
        )
    }

    /// Runs the command to its end.
    static func run(_ arguments: String...) async throws -> Outcome {
        try await Command(arguments).end()
    }

    static func run(_ arguments: [String]) async throws -> Outcome {
        try await Command(arguments).end()
    }

    /// Beside the test bundle, where the build system puts all products.
    static let path: String = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let runner = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return (bundle ?? runner).deletingLastPathComponent().appending(path: "securechannel").path
    }()
}

/// How a command ended, and all that it said.
struct Outcome: Sendable {
    var status: Int32
    /// False when a signal ended it, which `status` is then.
    var isExit: Bool
    var output: String
    var errors: String
}

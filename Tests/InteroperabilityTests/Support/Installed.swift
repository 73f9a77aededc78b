import Foundation
import Testing

/// The parties that a machine may lack.
enum Installed: String, Sendable {
    case aiomas, msgpack, openssl, gnutls, go, sslyze

    private static let package = URL(fileURLWithPath: #filePath)  // Tests/InteroperabilityTests/Support/Installed.swift
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// sslyze, in an environment of its own for it wants certain releases of other packages: `scripts/test` makes it.
    static let scanner =
        ProcessInfo.processInfo.environment["SECURE_CHANNEL_SSLYZE"] ?? "\(package)/.venv-sslyze/bin/sslyze"

    /// The Python that has aiomas and msgpack: `scripts/test` makes it.
    static let python: String = {
        if let path = ProcessInfo.processInfo.environment["SECURE_CHANNEL_PYTHON"] { return path }
        let places = ["\(package)/.venv/bin/python", "\(package)/.build/venv/bin/python"]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? places[0]
    }()

    /// Where the scripts of `Parties` are.
    static func script(_ name: String) -> String {
        Bundle.module.bundleURL.appendingPathComponent("Parties").appendingPathComponent(name).path
    }

    /// The command that shows whether it is there, and what to do if it is not.
    private var trial: (command: [String], advice: String) {
        switch self {
        case .aiomas: ([Self.python, "-c", "import aiomas"], "scripts/test installs it into .venv")
        case .msgpack: ([Self.python, "-c", "import msgpack, ssl"], "scripts/test installs it into .venv")
        case .openssl: (["openssl", "version"], "install the package openssl")
        case .gnutls: (["gnutls-cli", "--version"], "install the package gnutls-bin")
        case .go: (["go", "version"], "install the package golang-go")
        case .sslyze: ([Self.scanner, "--help"], "scripts/test installs it into .venv-sslyze")
        }
    }

    /// Why this party cannot take part; nil if it can.
    func absence() async throws -> String? {
        let (command, advice) = trial
        let status = try await ForeignParty.run(command) { try await $0.exitStatus() }
        return status == 0 ? nil : "`\(command.joined(separator: " "))` failed; \(advice)"
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a suite, and names that in the output, where a party is not installed. Under CI that is a failure.
    static func needs(_ party: Installed) -> Self {
        .enabled("needs \(party.rawValue)") { try await Roll.shared.call(party) }
    }
}

/// Asks for each party once, however many tests need it.
private actor Roll {
    static let shared = Roll()
    private var answers: [Installed: Task<Bool, any Error>] = [:]

    func call(_ party: Installed) async throws -> Bool {
        let answer =
            answers[party]
            ?? Task {
                let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
                return try mayRun(party.rawValue, absence: try await party.absence(), isCI: isCI)
            }
        answers[party] = answer
        return try await answer.value
    }
}

/// Whether tests may run, by what their party lacks.
///
/// - Throws: ``Missing`` where every party has to be there.
func mayRun(
    _ party: String,
    absence: String?,
    isCI: Bool,
    announce: (String) -> Void = { print($0) }
) throws(Missing) -> Bool {
    guard let absence else { return true }
    announce("SKIPPED: \(party): \(absence)")
    if isCI { throw Missing(party: party, absence: absence) }
    return false
}

/// A party that CI must have.
struct Missing: Error, Hashable, CustomStringConvertible {
    var party: String
    var absence: String
    var description: String { "\(party) must be installed under CI: \(absence)." }
}

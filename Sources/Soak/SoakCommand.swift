internal import ArgumentParser
internal import CMalloc
internal import Foundation
internal import Logging
internal import SecureChannel

/// Traffic for sanitizers and leak checks.
@main
struct SoakCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Soak",
        abstract: "Make connections over TLS that succeed and fail, each kind in its own way, within one process.",
        discussion: "The exit status is 0 if each ended as it should, and no more memory was allocated than allowed."
    )

    @Option(help: "How many connections to make.")
    var connections = 10_000

    @Option(help: "How many to make at a time.")
    var concurrency = 16

    @Option(help: "For the random parts: where to cut, what to change, when to cancel.")
    var seed: UInt64 = 1

    @Option(help: "Make this kind of connection alone, to find out which one does what was found.")
    var only: Visit?

    @Option(
        help: "Fail if, after the first fifth of them, each further connection leaves more bytes allocated than this."
    )
    var bytesPerConnection: Double?

    @Flag(help: "Exit when half of them are made, in the middle of as many others.")
    var leaving = false

    func run() async throws {
        // Failures are wanted here, and a sanitizer makes everything slow.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        if leaving { return try await leave() }
        let begin = ContinuousClock.now
        let soak = try await Soak(concurrency: concurrency, seed: seed, only: only)
        // The first fifth fills caches and pools.
        let fifth = connections / 5
        var tally = try await soak.run(0..<fifth)
        let before = try await settledBytes()
        tally.add(try await soak.run(fifth..<connections))
        let after = try await settledBytes()

        for visit in Visit.allCases { print("\(tally.visits[visit, default: 0]) \(visit)") }
        print("\(tally.resumed) of them resumed a session")
        print("\(tally.count) connections in \(begin.duration(to: .now))")
        for fault in tally.faults.prefix(20) { print("UNEXPECTED: \(fault)") }
        let each = (Double(after - before) / Double(max(1, connections - fifth)) * 10).rounded() / 10
        print("allocated: \(before) bytes after \(fifth) connections, \(after) at the end: \(each) for each")
        // A sanitizer's malloc, and C libraries that do not tell, say nothing.
        let isTooMuch = bytesPerConnection.map { before == 0 || each > $0 } ?? false
        if isTooMuch { print("UNEXPECTED: unknown, or more than \(bytesPerConnection ?? 0) bytes for each connection") }
        // LeakSanitizer ends the process before the C library would write what it has kept.
        fflush(nil)
        if isTooMuch || !tally.faults.isEmpty { throw ExitCode(1) }
    }

    /// As a program does that returns from main while its event loops still shake hands.
    private func leave() async throws {
        // Before anything else of OpenSSL's, as in a program that makes no certificates.
        try? TLSConfiguration().validate(for: .client)
        let half = connections / 2
        let (first, second) = try await (
            Soak(concurrency: concurrency, seed: seed, only: only),
            Soak(concurrency: concurrency, seed: seed, only: only)
        )
        Task.detached { try await second.run(half..<Int.max) }
        let tally = try await first.run(0..<half)
        for fault in tally.faults.prefix(20) { print("UNEXPECTED: \(fault)") }
        if !tally.faults.isEmpty { throw ExitCode(1) }
    }

    /// What is allocated when nothing is under way any more: closing goes on for a moment after it has been reported.
    private func settledBytes() async throws -> Int {
        var least = Int.max
        for _ in 0..<20 {
            try await Task.sleep(for: .milliseconds(100))
            least = min(least, Int(CMalloc_allocated_bytes()))
        }
        return least
    }
}

extension Visit: ExpressibleByArgument {}

import Foundation
import Testing

@testable import Soak

@Suite("Connections that succeed and fail, many at a time", .timeLimit(.minutes(5)))
struct SoakTests {
    @Test("Each of some hundreds ends as it should, whatever the others do")
    func visits() async throws {
        let count = 300
        let tally = try await Soak().run(0..<count)
        #expect(tally.faults == [])
        #expect(tally.count == count)
        #expect(tally.visits.count == Visit.allCases.count)
        #expect(tally.resumed > 0)
    }

    /// OpenSSL frees what it has at exit, unless it is told not to: of ten such exits two or three crashed.
    @Test("A process may exit while its event loops shake hands")
    func leaving() async throws {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let runner = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        let program = (bundle ?? runner).deletingLastPathComponent().appending(path: "Soak")
        for seed in 1...12 {
            let process = Process()
            process.executableURL = program
            process.arguments = ["--leaving", "--connections", "40", "--only", "call", "--seed", "\(seed)"]
            process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            let ended = AsyncStream.makeStream(of: Void.self)
            process.terminationHandler = { _ in ended.continuation.finish() }
            try process.run()
            for await _ in ended.stream {}
            #expect(process.terminationReason == .exit)
            #expect(process.terminationStatus == 0)
        }
    }
}

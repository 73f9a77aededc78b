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
}

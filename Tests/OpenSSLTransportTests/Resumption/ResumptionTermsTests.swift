import Testing

@testable import OpenSSLTransport

@Suite("Until when a session may be resumed")
struct ResumptionTermsTests {
    private let terms = ResumptionTerms(authenticatedAt: 1000, certificatesExpireAt: 1500)

    @Test("For a lifetime after the full handshake, and no longer than its certificates")
    func limits() {
        #expect(self.terms.allowResuming(at: 1000, lifetime: 600))
        #expect(self.terms.allowResuming(at: 1499, lifetime: 600))
        #expect(!self.terms.allowResuming(at: 1500, lifetime: 600))
        #expect(self.terms.allowResuming(at: 1099, lifetime: 100))
        #expect(!self.terms.allowResuming(at: 1100, lifetime: 100))
    }

    @Test("Not before the full handshake: a clock that was set back gives nobody more time")
    func clockSetBack() {
        #expect(!self.terms.allowResuming(at: 999, lifetime: 600))
    }

    @Test("They survive the way through a ticket, and nothing else is taken for them")
    func coding() {
        #expect(self.terms.encoded.withUnsafeBytes { ResumptionTerms($0) } == self.terms)
        #expect([UInt8](repeating: 0, count: 15).withUnsafeBytes { ResumptionTerms($0) } == nil)
        #expect([UInt8](repeating: 0, count: 17).withUnsafeBytes { ResumptionTerms($0) } == nil)
        #expect([UInt8](repeating: 0xFF, count: 16).withUnsafeBytes { ResumptionTerms($0) } == nil)
        #expect([UInt8]().withUnsafeBytes { ResumptionTerms($0) } == nil)
    }
}

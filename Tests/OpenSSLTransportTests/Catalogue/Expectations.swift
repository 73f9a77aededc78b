import Foundation
import NIOCore
import Testing

@testable import OpenSSLTransport

extension Tag {
    /// A row of the catalogue of everything that goes wrong with TLS in practice; a test's name begins with the row's number.
    @Tag static var catalogue: Self
}

/// What one side must say. Sentences are compared whole, so that they read the same whichever OpenSSL is underneath.
struct Expectation {
    var cause: TLSError.Cause
    var phase: TLSError.Phase
    /// The whole sentence, with "DATE" for each date and "HASH" for each SHA-256.
    var message: String
    /// A part of what to do.
    var hint: String
    var alertSent: TLSAlert?
    var alertReceived: TLSAlert?
    /// One of the codes on OpenSSL's queue, in hexadecimal as OpenSSL prints it; nil where there need not be any.
    var code: String?
    var verification: TLSError.Verification?
    /// The subject of the certificate at fault.
    var subject: String?

    init(
        _ cause: TLSError.Cause,
        phase: TLSError.Phase = .handshake,
        _ message: String,
        hint: String,
        alertSent: TLSAlert? = nil,
        alertReceived: TLSAlert? = nil,
        code: String? = nil,
        verification: TLSError.Verification? = nil,
        subject: String? = nil
    ) {
        self.cause = cause
        self.phase = phase
        self.message = message
        self.hint = hint
        self.alertSent = alertSent
        self.alertReceived = alertReceived
        self.code = code
        self.verification = verification
        self.subject = subject
    }
}

/// Compares all that an error carries with what it must.
func expect(
    _ error: TLSError?,
    as role: TLSRole?,
    _ expected: Expectation,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let error = try #require(error, sourceLocation: sourceLocation)
    #expect(error.cause == expected.cause, sourceLocation: sourceLocation)
    #expect(error.phase == expected.phase, sourceLocation: sourceLocation)
    #expect(error.role == role, sourceLocation: sourceLocation)
    #expect((error.peerAddress == nil) == (error.phase == .configuration), sourceLocation: sourceLocation)
    #expect(withoutChance(error.message) == expected.message, sourceLocation: sourceLocation)
    #expect(error.hint.contains(expected.hint), "\(error.hint)", sourceLocation: sourceLocation)
    #expect(!expected.hint.isEmpty, sourceLocation: sourceLocation)
    #expect(error.alertSent == expected.alertSent, sourceLocation: sourceLocation)
    #expect(error.alertReceived == expected.alertReceived, sourceLocation: sourceLocation)
    #expect(error.verification == expected.verification, sourceLocation: sourceLocation)
    #expect(error.certificate?.subject == expected.subject, sourceLocation: sourceLocation)
    if let code = expected.code {
        let codes = error.openSSLErrors.map { String($0.code, radix: 16, uppercase: true) }
        let isThere = codes.contains { $0 == code || "0\($0)" == code }
        #expect(isThere, "\(codes)", sourceLocation: sourceLocation)
    }
    let text = "\(error)"
    for part in [error.message, error.hint] + (error.role.map { ["as \($0)"] } ?? []) {
        #expect(text.contains(part), sourceLocation: sourceLocation)
    }
    #expect(!text.contains { $0.isNewline || $0 == "\u{1B}" }, sourceLocation: sourceLocation)
}

private func withoutChance(_ text: String) -> String {
    text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "DATE").replacing(/[0-9a-f]{64}/, with: "HASH")
}

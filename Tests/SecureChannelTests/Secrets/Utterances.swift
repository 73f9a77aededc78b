import Foundation
import Logging
import SecureChannel
import Synchronization
import TestCertificates
import Testing

/// Everything that the library says in a test: what it logs at any level, and what its errors and values print.
final class Utterances: Sendable {
    private let book = LogBook()
    private let texts = Mutex<[String]>([])

    var logger: Logger { book.logger }

    /// In every way that Swift prints something.
    func note(_ value: Any) {
        var said = ["\(value)", String(reflecting: value)]
        // What a type's own coding says of the values that it was given is in the cause, which is for programs.
        let code = (value as? SecureChannel.ChannelError)?.code
        let isOfCoding = code == .decodingFailed || code == .encodingFailed
        if !isOfCoding {
            var dumped = ""
            dump(value, to: &dumped, maxDepth: 12)
            said.append(dumped)
        }
        if let error = value as? any Error { said.append(error.localizedDescription) }
        if let error = value as? SecureChannel.ChannelError {
            said += [error.message, error.hint, error.address ?? ""]
            if let cause = error.cause, !isOfCoding { note(cause) }
        }
        if let error = value as? TLSError {
            said += [error.message, error.hint, error.peerAddress ?? ""] + error.openSSLErrors.map(\.text)
            said.append("\(error.certificate as Any) \(error.verification as Any)")
        }
        texts.withLock { $0 += said }
    }

    /// Notes the error with which `body` ends.
    @discardableResult
    func noteError(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            note(error)
            return error
        }
    }

    /// Everything in one text.
    var all: String { (book.entries + texts.withLock { $0 }).joined(separator: "\n") }

    /// Says what `secrets` were shown, with a line that shows each.
    func expectNone(of secrets: Secrets, sourceLocation: SourceLocation = #_sourceLocation) {
        guard !secrets.shown(in: all).isEmpty else { return }
        for text in book.entries + texts.withLock({ $0 }) {
            let shown = secrets.shown(in: text)
            if !shown.isEmpty {
                Issue.record("shows \(shown.sorted()): \(text.prefix(2_000))", sourceLocation: sourceLocation)
                return
            }
        }
        Issue.record("shows \(secrets.shown(in: all).sorted()), in several texts", sourceLocation: sourceLocation)
    }
}

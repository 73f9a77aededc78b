import Foundation
import Synchronization

/// What a process writes to one of its outputs, to be taken piece by piece by one reader.
final class PartyOutput: Sendable {
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    private struct State {
        /// Everything that ever came, for error texts.
        var transcript: [UInt8] = []
        var taken = 0
        var isAtEnd = false
    }

    init(_ pipe: Pipe) {
        (changes, change) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        let handle = pipe.fileHandleForReading
        Thread { [self] in
            while case let data = handle.availableData, !data.isEmpty {
                state.withLock { $0.transcript += data }
                change.yield()
            }
            state.withLock { $0.isAtEnd = true }
            change.yield()
        }.start()
    }

    /// Everything that came until now.
    var transcript: String { state.withLock { String(decoding: $0.transcript, as: UTF8.self) } }

    /// The next line, without its end.
    func line() async throws -> String {
        let bytes = try await take("a line") { $0.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    /// Everything up to the end of `text`.
    @discardableResult
    func text(through text: String) async throws -> String {
        let bytes = try await take("'\(text)'") { $0.firstRange(of: Array(text.utf8))?.upperBound }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Exactly so many bytes.
    func bytes(_ count: Int) async throws -> [UInt8] {
        try await take("\(count) bytes") { $0.count >= count ? $0.startIndex + count : nil }
    }

    /// Everything until the process closes this output.
    func rest() async throws -> String {
        _ = try? await take("the end of the output") { _ in nil }
        return try state.withLock { state in
            guard state.isAtEnd else { throw Overdue(what: "the end of the output", limit: patience) }
            defer { state.taken = state.transcript.count }
            return String(decoding: state.transcript[state.taken...], as: UTF8.self)
        }
    }

    /// What came, up to the index that `end` finds in it.
    private func take(
        _ what: String,
        upTo end: @escaping @Sendable (ArraySlice<UInt8>) -> Int?
    ) async throws -> [UInt8] {
        try await withDeadline(for: what) { [self] in
            while true {
                let (found, isAtEnd) = state.withLock { state in
                    let rest = state.transcript[state.taken...]
                    guard let index = end(rest) else { return ([UInt8]?.none, state.isAtEnd) }
                    state.taken = index
                    return (Array(rest[..<index]), state.isAtEnd)
                }
                if let found { return found }
                if isAtEnd { throw EndedBefore(what: what) }
                for await _ in changes { break }
                try Task.checkCancellation()
            }
        }
    }

    struct EndedBefore: Error, CustomStringConvertible {
        var what: String
        var description: String { "The output ended before \(what) came." }
    }
}

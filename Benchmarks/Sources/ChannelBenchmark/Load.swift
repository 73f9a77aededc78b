internal import BenchmarkContent
import ArgumentParser
internal import Foundation
internal import SecureChannel

/// Keeps a number of requests in flight on each of a number of connections.
struct Load: AsyncParsableCommand {
    @OptionGroup var server: ServerOptions
    @Option(help: "Bytes of binary content in each request.") var size = 64
    @Option(help: "Requests in flight on each connection.") var inFlight = 1
    @Option(help: "Connections.") var connections = 1
    @Option(help: "How long to measure.") var seconds = 2.0
    @Option(help: "How long to run before that.") var warmUp = 0.3
    @Option(help: "What to send: bytes or record.") var content = ContentKind.bytes

    func validate() throws {
        guard size >= 0, inFlight > 0, connections > 0, seconds > 0, warmUp >= 0 else {
            throw ValidationError("Counts and times must be positive.")
        }
    }

    func run() async throws {
        var channels: [Channel] = []
        for _ in 0..<connections { channels.append(try await openChannel(server.address, configuration: oneLoop)) }
        let measurement = Measurement(warmUp: warmUp, seconds: seconds)
        switch content {
        case .bytes:
            let bytes = [UInt8](repeating: 0x78, count: size)
            try await run(on: channels, measurement, sending: bytes) { $0.count == bytes.count }
        case .record:
            let record = Record.example
            try await run(on: channels, measurement, sending: record) { $0 == record }
        }
        report(measurement.latencies, seconds: measurement.seconds)
        for channel in channels { await channel.close() }
    }

    private func run<Content: Codable & Sendable>(
        on channels: [Channel],
        _ measurement: Measurement,
        sending content: Content,
        isReply: @escaping @Sendable (Content) -> Bool
    ) async throws {
        // A group for each channel: one group of a hundred thousand tasks takes time by the square of their number.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for channel in channels {
                group.addTask(executorPreference: channel.taskExecutor) {
                    try await run(on: channel, measurement, sending: content, isReply: isReply)
                }
            }
            try await group.waitForAll()
        }
    }

    private func run<Content: Codable & Sendable>(
        on channel: Channel,
        _ measurement: Measurement,
        sending content: Content,
        isReply: @escaping @Sendable (Content) -> Bool
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<inFlight {
                group.addTask(executorPreference: channel.taskExecutor) {
                    var begin = Nanoseconds.now
                    while begin < measurement.end {
                        let reply: Content = try await channel.send(content)
                        guard isReply(reply) else { throw BenchmarkFailure("a reply is not what was sent") }
                        let end = Nanoseconds.now
                        measurement.note(begin: begin, end: end)
                        begin = end
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

/// What a run has measured so far.
// Why unchecked is sound: every task that notes anything runs on the one event loop's one thread, and it is read when all
// of them have ended.
final class Measurement: @unchecked Sendable {
    let begin: UInt64
    let end: UInt64
    private(set) var latencies = LatencyHistogram()

    init(warmUp: Double, seconds: Double) {
        begin = Nanoseconds.now + UInt64(warmUp * 1e9)
        end = begin + UInt64(seconds * 1e9)
    }

    var seconds: Double { Double(end - begin) / 1e9 }

    /// Counts a call that ended within the time of the measurement.
    func note(begin callBegin: UInt64, end callEnd: UInt64) {
        guard callEnd >= begin, callEnd < end else { return }
        latencies.record(nanoseconds: callEnd - callBegin)
    }
}

import ArgumentParser
internal import Foundation
internal import SecureChannel

/// One after the other: a full handshake, one echo, and an orderly close.
struct Handshakes: AsyncParsableCommand {
    @OptionGroup var server: ServerOptions
    @Option(help: "How long to measure.") var seconds = 2.0
    @Option(help: "How long to run before that.") var warmUp = 0.3

    func run() async throws {
        let address = server.address
        let measurement = Measurement(warmUp: warmUp, seconds: seconds)
        let content = [UInt8](repeating: 0x78, count: 64)
        var begin = Nanoseconds.now
        while begin < measurement.end {
            try await withChannel(address, configuration: oneLoop) { channel in
                let reply: [UInt8] = try await channel.send(content)
                guard reply == content else { throw BenchmarkFailure("a reply is not what was sent") }
            }
            let end = Nanoseconds.now
            measurement.note(begin: begin, end: end)
            begin = end
        }
        report(measurement.latencies, seconds: measurement.seconds)
    }
}

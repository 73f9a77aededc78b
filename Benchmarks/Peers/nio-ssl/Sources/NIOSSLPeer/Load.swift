import ArgumentParser
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import SwiftContract

/// Keeps a number of requests in flight on each of a number of connections.
struct Load: AsyncParsableCommand {
    @OptionGroup var options: LoadOptions

    func run() async throws {
        limitTime(of: options)
        let context = try makeClientContext(options)
        let executor = EventLoopTaskExecutor(oneLoop.next())
        try await withTaskExecutorPreference(executor) {
            let content = ByteBuffer(bytes: options.requestContent)
            var channels: [EchoChannel] = []
            for _ in 0..<options.connections {
                let channel = try await EchoChannel.connect(
                    port: Int(options.port),
                    context: context,
                    on: executor.loop
                )
                // Later the length has to suffice: comparing costs time.
                guard try await channel.call(content) == content else {
                    throw BenchmarkFailure("a reply is not what was sent")
                }
                channels.append(channel)
            }
            let measurement = Measurement(options)
            try measurement.report(try await run(measurement, on: channels, sending: content))
            for channel in channels { await channel.close() }
        }
    }

    // Child tasks run where their parent does.
    private func run(
        _ measurement: Measurement,
        on channels: [EchoChannel],
        sending content: ByteBuffer
    ) async throws -> LatencyHistogram {
        try await withThrowingTaskGroup { group in
            for channel in channels {
                for _ in 0..<options.inFlight {
                    group.addTask {
                        try await measurement.repeatCalls(expecting: content.readableBytes) {
                            try await channel.call(content).readableBytes
                        }
                    }
                }
            }
            return try await group.reduce(into: LatencyHistogram()) { $0.add($1) }
        }
    }
}

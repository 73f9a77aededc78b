internal import Dispatch
internal import Foundation

/// When calls count: from the end of the warm-up, for the time that is measured.
public struct Measurement: Sendable {
    private let begin: UInt64
    private let end: UInt64

    /// Begins to warm up.
    public init(_ options: LoadOptions) {
        begin = Nanoseconds.now + UInt64(options.warmUp * 1e9)
        end = begin + UInt64(options.seconds * 1e9)
    }

    /// Calls one after the other until the time is over, and returns the latencies of those that ended within it. Each has
    /// to return the length of its reply.
    nonisolated(nonsending)
        public func repeatCalls(
            expecting size: Int,
            _ call: nonisolated(nonsending) () async throws -> Int
        ) async throws -> LatencyHistogram
    {
        var latencies = LatencyHistogram()
        var callBegin = Nanoseconds.now
        while callBegin < end, !Task.isCancelled {
            let length = try await call()
            guard length == size else {
                throw BenchmarkFailure("a reply has \(length) bytes, and \(size) were sent")
            }
            let callEnd = Nanoseconds.now
            if callEnd >= begin, callEnd < end { latencies.record(nanoseconds: callEnd - callBegin) }
            callBegin = callEnd
        }
        return latencies
    }

    /// Prints the contract's line.
    public func report(_ latencies: LatencyHistogram) throws {
        guard latencies.count > 0 else {
            throw BenchmarkFailure("not one call was completed within the measured time")
        }
        let line = """
            {"calls": \(latencies.count), "seconds": \(Double(end - begin) / 1e9), \
            "p50": \(latencies.microseconds(atQuantile: 0.5)), "p99": \(latencies.microseconds(atQuantile: 0.99)), \
            "p999": \(latencies.microseconds(atQuantile: 0.999))}

            """
        try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
    }
}

/// Ends the program if it takes a minute more than it should: a reply that never comes would keep it for ever.
public func limitTime(of options: LoadOptions) {
    let limit = options.warmUp + options.seconds + 60
    DispatchQueue.global().asyncAfter(deadline: .now() + limit) {
        complain("the server did not accept all connections and answer all requests within \(limit) seconds")
        exit(1)
    }
}

enum Nanoseconds {
    /// The monotonic clock.
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}

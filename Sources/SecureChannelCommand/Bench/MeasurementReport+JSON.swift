internal import SecureChannel

extension MeasurementReport {
    /// One object: latencies in microseconds, all else as its key says.
    var json: Value {
        let latencies = measurement.latencies
        var entries: [(Value, Value)] = [
            ("address", .string(address)),
            ("tls", tls.map { .string($0.version) } ?? .null),
            ("cipher", tls.map { .string($0.cipher) } ?? .null),
            ("connections", .integer(Int64(load.connections))),
            ("inFlight", .integer(Int64(load.inFlight))),
            ("threads", .integer(Int64(load.threads))),
            ("contentBytes", .integer(Int64(load.contentSize))),
            ("rate", load.rate.map { .double($0) } ?? .null),
            ("setUpSeconds", Self.rounded(setUp.elapsed / .seconds(1))),
            ("setUpMedian", Self.microseconds(setUp.times.percentile(.median))),
            ("ended", .string(ended)),
            ("calls", .integer(Int64(latencies.count))),
            ("failed", .integer(Int64(measurement.failures))),
            ("unsent", .integer(Int64(measurement.unsent))),
            ("seconds", Self.rounded(measurement.elapsed / .seconds(1))),
            ("callsPerSecond", Self.rounded(measurement.callsPerSecond)),
            ("mebibytesPerSecond", Self.rounded(mebibytesPerSecond)),
        ]
        entries += Self.entries(of: latencies)
        if load.rate != nil { entries.append(("sentLate", .map(Value.Map(Self.entries(of: measurement.lateness))))) }
        entries.append(("histogram", .array(LatencyChart(latencies).rows.map(Self.value))))
        return .map(Value.Map(entries))
    }

    private var ended: String {
        switch measurement.ending {
        case .completed: "completed"
        case .interrupted: "interrupted"
        case .failed: "failed"
        }
    }

    /// `mean`, `p50` to `p9999` and `max`; null where there are no calls.
    private static func entries(of latencies: LatencyHistogram) -> [(Value, Value)] {
        let all =
            [("mean", latencies.mean)]
            + Percentile.all.map { ($0.name.filter { $0 != "." }, latencies.percentile($0)) }
            + [("max", latencies.maximum)]
        return all.map { (.string($0), latencies.count > 0 ? microseconds($1) : .null) }
    }

    private static func value(_ row: LatencyChart.Row) -> Value {
        ["from": microseconds(row.lower), "to": microseconds(row.upper), "calls": .integer(Int64(row.count))]
    }

    private static func microseconds(_ duration: Duration) -> Value {
        rounded(duration / .microseconds(1))
    }

    /// To three decimals: no more was measured.
    private static func rounded(_ number: Double) -> Value {
        .double((number * 1000).rounded() / 1000)
    }
}

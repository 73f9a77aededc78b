internal import SecureChannel

extension MeasurementReport {
    /// Several lines, the last one without its end.
    var text: String {
        var lines = [address + (tls.map { ", \($0.version) with \($0.cipher)" } ?? "")]
        lines += Columns.aligned(facts)
        if measurement.latencies.count > 0 {
            lines += [""] + Columns.aligned(latencies, rightAligned: [2])
            lines += [""] + LatencyChart(measurement.latencies).lines(width: 40)
        }
        return lines.joined(separator: "\n")
    }

    private var facts: [[String]] {
        let inFlight = "\(Quantity.count(load.inFlight)) in flight"
        let median = Quantity.time(setUp.times.percentile(.median))
        var facts = [
            [
                "load",
                """
                \(Quantity.count(load.connections, "connection")), \(inFlight)\(isAlone ? "" : " on each"), \
                \(Quantity.count(load.contentSize, "byte")) of content, \(Quantity.count(load.threads, "thread"))
                """,
            ],
            ["set-up", "\(Quantity.time(setUp.elapsed))\(isAlone ? "" : " in all, \(median) each at the median")"],
            ["calls", "\(Quantity.count(measurement.latencies.count)) in \(Quantity.time(measurement.elapsed))"],
            [
                "rate",
                """
                \(Quantity.rate(measurement.callsPerSecond)) calls/s\
                \(load.rate.map { " of \(Quantity.rate($0))" } ?? ""), \(Quantity.number(mebibytesPerSecond)) MiB/s sent
                """,
            ],
        ]
        if measurement.failures > 0 {
            facts.append(["failed", "\(Quantity.count(measurement.failures)) by the other side"])
        }
        if measurement.unsent > 0 {
            facts.append([
                "unsent", "\(Quantity.count(measurement.unsent)) were due while every place in flight was taken",
            ])
        }
        if measurement.lateness.count > 0 {
            let late = measurement.lateness
            facts.append([
                "sent late",
                """
                p50 \(Quantity.time(late.percentile(.median))), p99 \(Quantity.time(late.percentile(.p99))), \
                max \(Quantity.time(late.maximum)), all of it counted as latency
                """,
            ])
        }
        switch measurement.ending {
        case .completed: break
        case .interrupted: facts.append(["ended", "early, by a signal"])
        case .failed: facts.append(["ended", "early, by an error"])
        }
        return facts
    }

    private var isAlone: Bool { load.connections == 1 }

    private var latencies: [[String]] {
        let latencies = measurement.latencies
        let all =
            [("mean", latencies.mean)] + Percentile.all.map { ($0.name, latencies.percentile($0)) }
            + [("max", latencies.maximum)]
        return all.enumerated().map { [$0 == 0 ? "latency" : "", $1.0, Quantity.time($1.1)] }
    }
}

internal import ArgumentParser
internal import Logging
internal import SecureChannel

/// Measures a server under load.
struct Bench: AsyncParsableCommand, Sharing {
    static let configuration = CommandConfiguration(
        abstract: "Send a server as many requests as it answers, and tell the rate and the latencies.",
        discussion: """
            Any server will do that answers; its replies may be anything. Standard output holds the result, and a terminal \
            on standard error a progress bar meanwhile. Rate and latencies are those of the requests that were replied to; \
            those that the other side failed are counted apart. What was begun before the end is waited for.

            A signal (Ctrl-C) ends the measurement early: the result until then is printed, and the process ends by that \
            signal. So it is when the line breaks, with exit status 3 or 4.

            Without --rate a connection sends its next request when a reply has come: a server that stalls is not asked \
            meanwhile, and so the stall is hardly seen. With --rate it is: latency counts from when a request was due.

            Examples:

              securechannel bench tcp://localhost:5555 --in-flight 64

              securechannel bench unix:/run/db.sock --content '{"command": "status"}' \\
                --duration 1m

              securechannel bench tls://db1.internal:5555 --connections 100 --rate 5000

              securechannel bench tls://localhost:5555 --requests 100000 --json \\
                --authority certs/ca.pem

            \(CommandStatus.help)
            """
    )

    @Argument(help: "Where to connect to: tcp://host:port, tls://host:port or unix:/path.")
    var address: String

    @OptionGroup(title: "Load options")
    var options: LoadOptions

    @Flag(help: "Print the result as one line of JSON, latencies in microseconds. (default: as text)")
    var json = false

    @OptionGroup(title: "TLS options")
    var tls: TLSOptions

    @OptionGroup
    var shared: SharedOptions

    func validate() throws {
        try tls.validate(beside: address)
    }

    func run() async throws {
        FileLimit.raise()
        let signals = try TerminationSignals()
        let load = try options.load(in: shared.codec.codec)
        let progress = LoadProgress()
        let measuring = Task { try await measure(load, shownBy: progress) }
        let watching = Task {
            let signal = await signals.first()
            signals.exitOnNext()
            measuring.cancel()
            return signal
        }
        // Log lines would go through the bar.
        let drawing = Task { shared.verbose ? nil : await ProgressDisplay()?.show(progress) }
        let result = await measuring.result
        drawing.cancel()
        await drawing.value
        watching.cancel()
        try await end(with: result, signal: await watching.value)
    }

    // MARK: Measuring

    private func measure(_ load: Load, shownBy progress: LoadProgress) async throws -> MeasurementReport {
        let setUp = try await connect(load, shownBy: progress)
        let timeout = shared.timeout?.duration ?? Self.defaults.replyTimeout
        let generator = LoadGenerator(channels: setUp.channels, load: load, timeout: timeout)
        progress.warmUp()
        var measurement = Measurement()
        if load.warmUp > .zero {
            measurement.ending = await generator.run(until: LoadLimit(duration: load.warmUp)).ending
        }
        if case .completed = measurement.ending {
            measurement = await generator.run(until: load.limit, shownBy: progress)
        }
        return MeasurementReport(address: address, load: load, setUp: setUp, measurement: measurement)
    }

    private func connect(_ load: Load, shownBy progress: LoadProgress) async throws -> SetUp {
        let connectTimeout = shared.timeout?.duration ?? Self.defaults.connectTimeout
        let address = try tls.address(address, handshakeTimeout: connectTimeout)
        // The load has limits of its own, and what a server replies is its own affair.
        let configuration = ChannelConfiguration(
            connectTimeout: connectTimeout,
            retryTimeout: shared.retry?.duration ?? .zero,
            maximumMessageSize: 1 << 30,
            maximumOutboundCalls: load.inFlight,
            maximumOutboundBytes: .max / 4,
            eventLoops: EventLoops(threads: load.threads),
            logger: shared.logger
        )
        let codec = shared.codec.codec
        shared.logger.debug("Connecting.", metadata: ["address": "\(address)", "connections": "\(load.connections)"])
        let setUp = try await SetUp(count: load.connections, shownBy: progress) {
            try await openChannel(address, codec: codec, configuration: configuration)
        }
        shared.logger.debug("Connected.", metadata: ["time": "\(setUp.elapsed)"])
        return setUp
    }

    private static let defaults = ChannelConfiguration()

    // MARK: The end

    /// Prints what was measured, if anything was, and then ends as it came to its end.
    private func end(with result: Result<MeasurementReport, any Error>, signal: CInt?) async throws {
        if let report = try? result.get() {
            if !report.measurement.isEmpty { try print(report) }
            await sayGoodbye(to: report.setUp.channels)
        }
        if let signal { TerminationSignals.exit(by: signal) }
        let measurement = try result.get().measurement
        if case .failed(let error) = measurement.ending { throw error }
        if let failure = measurement.firstFailure { throw failure }
    }

    private func print(_ report: MeasurementReport) throws(SystemError) {
        do {
            try StandardOutput.write(line: json ? report.json.json() : report.text)
        } catch {
            // A reader that has seen enough is no failure.
            guard error.isClosedByReader else { throw error }
        }
    }
}
